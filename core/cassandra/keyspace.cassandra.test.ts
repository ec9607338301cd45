/** The kit against a real node: types, kinds of statements, conditions, pages, shutdown. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { newId } from '../values/ids.ts'
import { Problem } from '../http/problem.ts'
import { openKeyspace, type Keyspace } from './keyspace.ts'
import { hasCassandra, testKeyspace, type TestKeyspace } from './keyspace.fixture.ts'
import { settle } from './settle.ts'
import { OutcomeUnknown } from '../http/outcome-unknown.ts'
import type { CassandraMigration } from './migrations.ts'

const migrations: readonly CassandraMigration[] = [
  {
    version: 1,
    name: 'tables of the test',
    cql: `
      -- one of each type
      CREATE TABLE IF NOT EXISTS things (
        id uuid PRIMARY KEY, made timeuuid, name text, price bigint, count int, at timestamp,
        body blob, good boolean, share double, tags set<text>, lines list<text>, by_id map<uuid, int>);
      CREATE TABLE IF NOT EXISTS counts (id uuid PRIMARY KEY, total counter);
      CREATE TABLE IF NOT EXISTS items (
        owner uuid, place int, value text, version int static, PRIMARY KEY (owner, place));
    `,
  },
]

describe.skipIf(!hasCassandra)('a keyspace', () => {
  const seen = new Map<string, { milliseconds: number; error: unknown }[]>()
  let held: Promise<void> | null = null
  let place: TestKeyspace
  let keyspace: Keyspace

  function statementsOf(on: Keyspace) {
    const columns = 'id, made, name, price, count, at, body, good, share, tags, lines, by_id'
    return {
      insert: on.write(
        `INSERT INTO things (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        'insert_thing',
      ),
      find: on.read(`SELECT ${columns} FROM things WHERE id = ?`, 'get_thing'),
      count: on.write('UPDATE counts SET total = total + ? WHERE id = ?', 'count', {
        idempotent: false,
      }),
      counted: on.read<[string], { total: number }>(
        'SELECT total FROM counts WHERE id = ?',
        'get_count',
      ),
      create: on.conditional<[string, string, number], { id: string; name: string; count: number }>(
        'INSERT INTO things (id, name, count) VALUES (?, ?, ?) IF NOT EXISTS',
        'create_thing',
      ),
      rename: on.conditional<[string, string, string], { name: string }>(
        'UPDATE things SET name = ? WHERE id = ? IF name = ?',
        'rename_thing',
      ),
      nameOf: on.read<[string], { name: string }>(
        'SELECT name FROM things WHERE id = ?',
        'name_of_thing',
        { serial: true },
      ),
      addEntry: on.write<[string, number, string]>(
        'INSERT INTO items (owner, place, value) VALUES (?, ?, ?)',
        'add_entry',
      ),
      raise: on.conditional<[number, string, number]>(
        'UPDATE items SET version = ? WHERE owner = ? IF version = ?',
        'raise_version',
      ),
      begin: on.conditional<[string], { version: number }>(
        'UPDATE items SET version = 1 WHERE owner = ? IF version = null',
        'begin_version',
      ),
      entries: on.read<[string], { place: number; value: string; version: number | null }>(
        'SELECT place, value, version FROM items WHERE owner = ?',
        'entries',
        { maxRows: 50, pageSize: 7 },
      ),
      addAll: on.batch('add_entries'),
      addIf: on.conditionalBatch<{ version: number }>('add_entries_if'),
    }
  }
  let cql: ReturnType<typeof statementsOf>

  beforeAll(async () => {
    place = await testKeyspace(migrations, {
      before: () => held,
      observe(operation) {
        const runs: { milliseconds: number; error: unknown }[] = []
        seen.set(operation, runs)
        return (milliseconds, error) => void runs.push({ milliseconds, error })
      },
    })
    keyspace = place.keyspace
    cql = statementsOf(keyspace)
    await keyspace.prepare()
  }, 120_000)
  afterAll(() => place?.remove(), 120_000)

  test('sends a statement after what it has to wait for, and holds up nothing else', async () => {
    const gate = Promise.withResolvers<void>()
    held = gate.promise
    let answered = false
    const reading = cql.nameOf.get(newId<string>()).finally(() => {
      answered = true
    })
    held = null
    await keyspace.check()
    expect(await cql.nameOf.get(newId<string>())).toBeUndefined()
    expect(answered).toBe(false)
    gate.resolve()
    await reading
    expect(answered).toBe(true)
  })

  test('gives back plain values, as they went in', async () => {
    const id = newId<string>()
    const made = 'f1e7d5c0-0c4b-11ef-8000-325096b39f47'
    const at = 1_767_225_600_123
    const body = new Uint8Array([0, 1, 255])
    await cql.insert.run(
      id,
      made,
      'Яблоко',
      9_007_199_254_740_991,
      -7,
      at,
      body,
      true,
      0.25,
      new Set(['a', 'б']),
      ['x', 'y', 'x'],
      new Map([[id, 3]]),
    )
    expect(await cql.find.get(id)).toEqual({
      id,
      made,
      name: 'Яблоко',
      price: 9_007_199_254_740_991,
      count: -7,
      at,
      body,
      good: true,
      share: 0.25,
      tags: new Set(['a', 'б']),
      lines: ['x', 'y', 'x'],
      by_id: new Map([[id, 3]]),
    })
  })

  test('reads what is absent as null, and leaves untouched what is undefined', async () => {
    const id = newId<string>()
    await cql.insert.run(id, null, 'a', 1, null, null, null, null, null, null, null, null)
    const empty = { made: null, count: null, at: null, body: null, good: null, share: null }
    const collections = { tags: null, lines: null, by_id: null }
    expect(await cql.find.get(id)).toEqual({ id, name: 'a', price: 1, ...empty, ...collections })
    const rest = Array.from({ length: 9 }, () => undefined)
    await cql.insert.run(id, undefined, undefined, 2, ...rest.slice(1))
    expect(await cql.find.get(id)).toMatchObject({ name: 'a', price: 2 })
    expect(await cql.find.get(newId<string>())).toBeUndefined()
  })

  test('refuses a number that has lost its exactness', async () => {
    const id = newId<string>()
    await cql.count.run(Number.MAX_SAFE_INTEGER, id)
    expect(await cql.counted.get(id)).toEqual({ total: Number.MAX_SAFE_INTEGER })
    await cql.count.run(2, id)
    await expect(cql.counted.get(id)).rejects.toThrow(RangeError)
  })

  test('tells whether a condition held, and what stood in its way', async () => {
    const id = newId<string>()
    expect(await cql.create.run(id, 'first', 1)).toEqual({ applied: true, rows: [] })
    const again = await cql.create.run(id, 'second', 2)
    expect(again.applied).toBe(false)
    expect(again.rows).toMatchObject([{ id, name: 'first', count: 1 }])
    const wrong = await cql.rename.run('third', id, 'second')
    expect(wrong).toEqual({ applied: false, rows: [{ name: 'first' }] })
    expect((await cql.rename.run('third', id, 'first')).applied).toBe(true)
    expect(await cql.nameOf.get(id)).toEqual({ name: 'third' })
    const nowhere = await cql.rename.run('x', newId<string>(), 'y')
    expect(nowhere).toEqual({ applied: false, rows: [] })
  })

  test('changes a partition by one conditional batch, all or nothing', async () => {
    const owner = newId<string>()
    await cql.begin.run(owner)
    const write = (version: number, value: string) =>
      cql.addIf.run([
        cql.raise.bind(version + 1, owner, version),
        cql.addEntry.bind(owner, version, value),
      ])
    expect((await write(1, 'a')).applied).toBe(true)
    const late = await write(1, 'b')
    expect(late.applied).toBe(false)
    expect(late.rows).toMatchObject([{ version: 2 }])
    expect(await cql.entries.all(owner)).toEqual([{ place: 1, value: 'a', version: 2 }])
  })

  test('reads many rows in pages, and only so many at once', async () => {
    const owner = newId<string>()
    const write = (from: number, to: number) =>
      cql.addAll.run(
        Array.from({ length: to - from }, (_, at) => cql.addEntry.bind(owner, from + at, 'v')),
      )
    await write(0, 50)
    expect(await cql.entries.all(owner)).toHaveLength(50)
    await write(50, 60)
    await expect(cql.entries.all(owner)).rejects.toThrow('More than 50 rows')
    const pages: number[] = []
    for await (const page of cql.entries.pages(owner)) pages.push(page.length)
    expect(pages).toEqual([7, 7, 7, 7, 7, 7, 7, 7, 4])
  })

  test('of a hundred writers that count by conditions, none is lost', async () => {
    const id = newId<string>()
    await cql.create.run(id, '0', 0)
    // On a busy node a few may get no answer; each of them may have counted.
    let doubts = 0
    async function countUp(): Promise<void> {
      for (;;) {
        const found = await cql.nameOf.get(id).catch(() => undefined)
        if (found === undefined) continue
        const { name } = found
        try {
          const { applied } = await cql.rename.run(String(Number(name) + 1), id, name)
          if (applied) return
        } catch (error) {
          if (!(error instanceof OutcomeUnknown)) throw error
          doubts += 1
          return
        }
      }
    }
    const writers = Array.from({ length: 10 }, async () => {
      for (let turn = 0; turn < 10; turn += 1) await countUp()
    })
    await Promise.all(writers)
    // The serial read ends what is still under way.
    const counted = Number((await cql.nameOf.get(id))?.name)
    expect(doubts).toBeLessThan(50)
    expect(counted).toBeGreaterThanOrEqual(100 - doubts)
    expect(counted).toBeLessThanOrEqual(100)
  })

  test('says what is wrong with a statement, and does not call it an outage', async () => {
    await expect(cql.find.get('no uuid')).rejects.toThrow(TypeError)
    expect(() => keyspace.read('DELETE FROM things WHERE id = ?', 'x')).toThrow('another kind')
    expect(() => keyspace.write('UPDATE t SET a = 1 WHERE b = 1 IF a = 2', 'x')).toThrow()
    expect(() => keyspace.conditional('UPDATE t SET a = 1 WHERE b = 1', 'x')).toThrow()
    expect(() => keyspace.read('SELECT id FROM things', 'get_thing')).toThrow('two statements')
    const other = await openKeyspace(place.options)
    other.read('SELECT nothing FROM things', 'wrong')
    await expect(other.prepare()).rejects.toThrow('nothing')
    await other.close()
  })

  test('is observed by the name of every statement, from its declaration on', async () => {
    expect([...seen.keys()]).toContain('add_entries_if')
    const before = seen.get('name_of_thing')?.length ?? 0
    await cql.nameOf.get(newId<string>())
    const runs = seen.get('name_of_thing') ?? []
    expect(runs).toHaveLength(before + 1)
    expect(runs.at(-1)?.milliseconds).toBeGreaterThan(0)
    expect(runs.at(-1)?.error).toBeUndefined()
  })

  test('finishes what is under way when it is closed, and refuses the rest', async () => {
    const other = await openKeyspace(place.options)
    const statements = statementsOf(other)
    await other.prepare()
    const id = newId<string>()
    const writes = Array.from({ length: 50 }, () => statements.create.run(id, 'a', 1))
    const closing = other.close()
    await expect(statements.nameOf.get(id)).rejects.toMatchObject({ code: 'store_unavailable' })
    const outcomes = await Promise.all(writes)
    await closing
    expect(outcomes.filter(({ applied }) => applied)).toHaveLength(1)
    await other.close()
  })

  test('lets its process end', async () => {
    const child = Bun.spawn([process.execPath, `${import.meta.dir}/closing.fixture.process.ts`], {
      env: { ...process.env, KEYSPACE: place.options.keyspace },
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    expect(await child.exited).toBe(0)
  })
})

describe('an unknown outcome', () => {
  const applied = { applied: true, rows: [] }
  const refused = { applied: false, rows: [] }
  const unknown = () => Promise.reject(new OutcomeUnknown(new Error('timed out')))

  /** Plays the answers of a write one after another. */
  function playing(...answers: readonly (() => Promise<typeof applied>)[]) {
    let turn = 0
    return { write: () => (answers[turn++] ?? unknown)(), turns: () => turn }
  }

  test('is looked up, and not written again when it took effect', async () => {
    const { write, turns } = playing(unknown)
    expect(await settle(write, async () => true)).toEqual(applied)
    expect(turns()).toBe(1)
  })

  test('is written again when it did not', async () => {
    const { write, turns } = playing(unknown, async () => applied)
    expect(await settle(write, async () => false)).toEqual(applied)
    expect(turns()).toBe(2)
  })

  test('counts as applied when its late twin came first', async () => {
    let asked = 0
    const { write } = playing(unknown, async () => refused)
    expect(await settle(write, async () => (asked += 1) === 2)).toEqual(applied)
  })

  test('is refused for good only when nobody finds it', async () => {
    const { write } = playing(unknown, async () => refused)
    expect(await settle(write, async () => false)).toEqual(refused)
  })

  test('stays unknown when nobody answers, as a problem that a client may retry', async () => {
    const failing = settle(unknown, () => Promise.reject(new Error('down')))
    await expect(failing).rejects.toBeInstanceOf(OutcomeUnknown)
    await expect(failing).rejects.toBeInstanceOf(Problem)
    await expect(failing).rejects.toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
    const { write, turns } = playing()
    await expect(settle(write, async () => false)).rejects.toBeInstanceOf(OutcomeUnknown)
    await failing.catch(() => {})
    expect(turns()).toBeGreaterThanOrEqual(1)
  })

  test('does not hide a write that was plainly refused', async () => {
    const { write, turns } = playing(async () => refused)
    expect(await settle(write, async () => true)).toEqual(refused)
    expect(turns()).toBe(1)
  })
})
