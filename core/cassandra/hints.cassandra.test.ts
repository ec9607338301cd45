/** Hints on a real node: what readers are handed, what they drop, and where the next one begins. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { newId } from '../values/ids.ts'
import { manualClock, millis, type Millis } from '../values/time.ts'
import { declareHints, lateness, type HintStatements } from './hint-statements.ts'
import { proved, survey } from './hint-proof.ts'
import { createHints, grace, type Hint, type Hints, type Verdict } from './hints.ts'
import { hasCassandra, testKeyspace, type TestKeyspace } from './keyspace.fixture.ts'
import type { CassandraMigration } from './migrations.ts'

const patience = 120_000

const migrations: readonly CassandraMigration[] = [
  {
    version: 1,
    name: 'hints',
    cql: `
      CREATE TABLE IF NOT EXISTS hints (
        kind text,
        bucket bigint,
        shard int,
        at timestamp,
        thing uuid,
        sequence int,
        PRIMARY KEY ((kind, bucket, shard), at, thing, sequence)
      );
      CREATE TABLE IF NOT EXISTS marks (name text PRIMARY KEY, at timestamp);
    `,
  },
]

describe.skipIf(!hasCassandra)('hints', () => {
  let place: TestKeyspace
  let kind: string
  let sql: HintStatements<string>
  let clock: ReturnType<typeof manualClock>
  let hints: Hints<string, string>

  beforeAll(async () => {
    place = await testKeyspace(migrations)
    sql = declareHints(place.keyspace, 'thing')
    await place.keyspace.prepare()
  }, patience)
  afterAll(() => place?.remove(), patience)
  beforeEach(async () => {
    // Of its own for each test, which so finds nothing of the others.
    kind = newId<string>()
    clock = manualClock(1_800_000_000_000)
    hints = await openHints()
  })

  const openHints = () => createHints<string, string>({ sql, kinds: [kind], clock })

  const hintAt = (at: number, sequence = 1, id = newId<string>()): Hint<string, string> => ({
    kind,
    at: millis(at),
    id,
    sequence,
  })

  /** Hints that lie about, whatever readers think of them. */
  async function lying(to: Millis | null = null): Promise<readonly string[]> {
    const ids: string[] = []
    for await (const round of hints.all(kind, to)) ids.push(...round.map(({ id }) => id))
    return ids
  }

  const dueAt =
    (sequence: number) =>
    async (id: string): Promise<Verdict<string>> => ({ kind: 'due', work: id, sequence })
  const stale = async (): Promise<Verdict<string>> => ({ kind: 'stale' })
  const early = async (): Promise<Verdict<string>> => ({ kind: 'early' })

  /** What is dropped in the background is gone some time. */
  async function gone(id: string): Promise<void> {
    while ((await lying()).includes(id)) await new Promise((resolve) => setTimeout(resolve, 10))
  }

  test('are handed out from the earliest on, those of their time and no more than asked for', async () => {
    const now = clock.now()
    const [last, first, middle] = [newId<string>(), newId<string>(), newId<string>()]
    await hints.announce([
      hintAt(now + 30, 1, last),
      hintAt(now + 10, 1, first),
      hintAt(now + 20, 1, middle),
    ])
    clock.advance(20)
    expect(await hints.take(kind, clock.now(), 10, dueAt(1))).toEqual([first, middle])
    expect(await hints.take(kind, clock.now(), 1, dueAt(1))).toEqual([first])
    clock.advance(10)
    expect(await hints.take(kind, clock.now(), 10, dueAt(1))).toEqual([first, middle, last])
  })

  test('that were handed out stay until they are done, and those of later states longer', async () => {
    const { id, at } = hintAt(clock.now())
    await hints.announce([hintAt(at, 1, id), hintAt(at, 2, id)])
    expect(await hints.take(kind, clock.now(), 10, dueAt(1))).toEqual([id])
    expect(await lying()).toEqual([id, id])
    await hints.done(kind, id)
    expect(await lying()).toEqual([id])
    expect(await hints.take(kind, clock.now(), 10, dueAt(2))).toEqual([id])
    await hints.done(kind, id)
    expect(await lying()).toEqual([])
  })

  test('that are stale go, and those that are early stay for whoever starts next', async () => {
    const [old, young] = [hintAt(clock.now()), hintAt(clock.now() + 1)]
    await hints.announce([old, young])
    clock.advance(1)
    const judge = (id: string) => (id === old.id ? stale() : early())
    expect(await hints.take(kind, clock.now(), 10, judge)).toEqual([])
    await gone(old.id)
    clock.advance(3 * 86_400_000)
    expect(await hints.take(kind, clock.now(), 10, early)).toEqual([])
    const next = await openHints()
    expect(await next.take(kind, clock.now(), 10, dueAt(1))).toEqual([young.id])
  })

  test('of a time that readers have passed are written as of now', async () => {
    clock.advance(1_000_000)
    await hints.take(kind, clock.now(), 10, dueAt(1))
    const past = hintAt(clock.now() - 10 * lateness)
    await hints.announce([past])
    expect(await hints.take(kind, clock.now(), 10, dueAt(1))).toEqual([past.id])
  })

  test('are written again by a process that was paused while it wrote them', async () => {
    const hint = hintAt(clock.now())
    let pauses = 0
    await hints.announce([hint], () => {
      if (pauses++ === 0) clock.advance(lateness)
      return []
    })
    expect(pauses).toBe(2)
    expect(await lying()).toEqual([hint.id, hint.id])
  })

  test('hand out the others when one row cannot be read, and fail when none can', async () => {
    const [good, bad] = [hintAt(clock.now()), hintAt(clock.now())]
    await hints.announce([good, bad])
    const failing = async (): Promise<Verdict<string>> => {
      throw new Error('cannot be read')
    }
    const judge = (id: string) => (id === bad.id ? failing() : dueAt(1)(id))
    expect(await hints.take(kind, clock.now(), 10, judge)).toEqual([good.id])
    await expect(hints.take(kind, clock.now(), 10, failing)).rejects.toThrow('cannot be read')
  })

  test('are proved by a serial read once their change is late', async () => {
    const hint = hintAt(clock.now(), 2)
    const reads = { plain: async () => 1, settled: async () => 2 }
    const judge = (sequence: number) =>
      sequence === 2
        ? ({ kind: 'due', work: 'done', sequence } as const)
        : ({ kind: 'stale', sequence } as const)
    const ask = () => proved<number, string>(clock.now(), [hint], reads, judge)
    expect(await ask()).toEqual({ kind: 'early' })
    clock.advance(grace)
    expect(await ask()).toEqual({ kind: 'due', work: 'done', sequence: 2 })
    const passed = [hintAt(hint.at, 1, hint.id)]
    expect((await proved(clock.now(), passed, reads, judge)).kind).toBe('stale')
  })

  test('are surveyed once for each thing, those of the future as well', async () => {
    const { id, at } = hintAt(clock.now())
    const other = hintAt(at + 30_000)
    await hints.announce([hintAt(at, 1, id), hintAt(at + 5, 2, id), other])
    const found = await survey(hints, kind, null, async (each) => each)
    expect(found).toEqual({ found: [id, other.id], more: 0 })
    const now = await survey(hints, kind, clock.now(), async (each) => each)
    expect(now).toEqual({ found: [id], more: 0 })
  })
})
