/**
 * Hints: what to look at, and when; an index in time that no condition can hold together with the
 * rows that it leads to.
 *
 * ```
 *   writer   hint ──► conditional change        a hint without its change is harmless,
 *   reader   hint ──► the row itself            a change without its hint cannot be
 *
 *   ──── floor ───────────────────────── now ─────────────────►
 *    gone │ still to be looked at, or just written │ later
 * ```
 * A reader takes the hints between its floor and now, asks the row, and drops those that are stale.
 * Below the floor there is nothing left; it is kept in the store, for whoever starts next.
 */
import { inBatches } from '../resilience/queues.ts'
import { chunks } from '../values/chunks.ts'
import { millis, type Clock, type Millis } from '../values/time.ts'
import { firstMark, lateness, type HintKey, type HintStatements } from './hint-statements.ts'
import type { BoundWrite } from './statement.ts'

/** `Kind` is what is to be done, `Id` what it is to be done to; its last character is a random digit. */
export interface Hint<Kind extends string, Id extends string> {
  readonly kind: Kind
  readonly at: Millis
  readonly id: Id
  /** The state that needs it; what is in an earlier one may be about to change. */
  readonly sequence: number
}

/** What a row says to a hint. */
export type Verdict<T> =
  | {
      readonly kind: 'due'
      readonly work: T
      /** The row's; hints for later states are not part of what is handed out. */
      readonly sequence: number
    }
  /** Nobody needs it any more. */
  | { readonly kind: 'stale' }
  /** The change that it was written for is not there, and may still come. */
  | { readonly kind: 'early' }

export interface Hints<Kind extends string, Id extends string> {
  /**
   * Writes hints, and `beside` with them. A change that needs them may follow when it resolves, and
   * has to follow soon. What lies in the past is written as of now, where readers still look.
   */
  announce(hints: readonly Hint<Kind, Id>[], beside?: () => readonly Promise<void>[]): Promise<void>
  /**
   * Asks `judge` of what has a hint up to `now`, the earliest first, until `limit` are due.
   * Drops what is stale, and remembers what it hands out until it is called again.
   */
  take<T>(
    kind: Kind,
    now: Millis,
    limit: number,
    judge: (id: Id, hints: readonly Hint<Kind, Id>[]) => Promise<Verdict<T>>,
  ): Promise<readonly T[]>
  /** Drops the hints that `take` has handed out for this one, as it has been taken care of. */
  done(kind: Kind, id: Id): Promise<void>
  /** Drops a hint that nobody needs; never fails, as what is left is stale to its reader. */
  drop(hint: Hint<Kind, Id>): Promise<void>
  /** All hints from the floor to `to`, or to the last one for null, drawn as they are taken. */
  all(kind: Kind, to: Millis | null): AsyncIterable<readonly Hint<Kind, Id>[]>
}

/**
 * Four partitions in ten minutes. Long enough that a reader who has slept for a day has few to read,
 * short enough to stay small: a million orders a day write some 5,000 timers into each.
 */
const bucketLength = 600_000
const shards = 4
/** Buckets that are read at once by a reader that has fallen behind. */
const bucketsAtOnce = 8
/** Adds, or drops, of one partition in one batch. */
const batchSize = 32
/** Rows that are asked at once. */
const askedAtOnce = 64

/**
 * From then on a change that did not come is asked for by a serial read, which ends it one way or
 * the other. Settling a write takes a quarter of it at most.
 */
export const grace = 60_000
/** Seconds that a hint outlives its time: so long may the whole shop stand still. */
export const standstill = 30 * 86_400

/** Hints of other copies are taken to be no further ahead than this, or than this one's own. */
const leastAhead = 60_000

/** How often the floor is kept in the store, in milliseconds. */
const keepInterval = 10_000

export interface HintsOptions<Kind extends string, Id extends string> {
  readonly sql: HintStatements<Id>
  readonly kinds: readonly Kind[]
  readonly clock: Clock
}

export async function createHints<Kind extends string, Id extends string>({
  sql,
  kinds,
  clock,
}: HintsOptions<Kind, Id>): Promise<Hints<Kind, Id>> {
  type Own = Hint<Kind, Id>
  const floors = new Map<Kind, Millis>()
  const kept = new Map<Kind, Millis>()
  const taken = new Map<Kind, Map<Id, readonly Own[]>>()
  /** How far ahead of the clock hints have been written; what is read for metrics goes so far. */
  const ahead = new Map<Kind, number>()
  const opened = clock.now()
  await Promise.all(kinds.map(async (kind) => floors.set(kind, await firstMark(sql, kind, opened))))
  const floorOf = (kind: Kind): Millis => floors.get(kind) ?? millis(0)

  /** Busy shops change many hints of one partition at once: what waits goes in one batch. */
  const changes = inBatches<string, BoundWrite>({
    maxItems: batchSize,
    run: (_partition, writes) => sql.changeHints.run(writes),
  })

  async function write({ kind, at, id, sequence }: Own, now: Millis): Promise<void> {
    const place = millis(Math.max(at, now))
    ahead.set(kind, Math.max(ahead.get(kind) ?? leastAhead, place - now))
    const seconds = Math.ceil((place - now) / 1000) + standstill
    const key = keyOf(kind, place, id)
    await changes(`add ${key.join(' ')}`, sql.addHint.bind(...key, place, id, sequence, seconds))
  }

  async function dropAll(hints: readonly Own[]): Promise<void> {
    for (const some of chunks(hints, askedAtOnce)) {
      await Promise.all(
        some.map(({ kind, at, id, sequence }) => {
          const key = keyOf(kind, at, id)
          // Never in one batch with adds, where a drop of the same hint would win.
          return changes(`drop ${key.join(' ')}`, sql.dropHint.bind(...key, at, id, sequence))
        }),
      )
    }
  }

  /** Never fails: what is left, the next reader finds stale as well. */
  async function drop(hints: readonly Own[]): Promise<void> {
    try {
      await dropAll(hints)
    } catch {
      // It lapses by itself in the end.
    }
  }

  /** Hints in rounds, each sorted by time, with the time up to which all have been given. */
  async function* rounds(kind: Kind, to: Millis) {
    const from = floorOf(kind)
    const last = bucketOf(to)
    for (let first = bucketOf(from); first <= last; first += bucketsAtOnce) {
      const end = Math.min(last, first + bucketsAtOnce - 1)
      let open = partitions(kind, first, end).map((key) => ({
        pages: sql.hints.pages(...key, from, to)[Symbol.asyncIterator](),
        reached: from,
      }))
      while (open.length > 0) {
        const pages = await Promise.all(open.map(({ pages: each }) => each.next()))
        const hints: Own[] = []
        open = open.flatMap((shard, index) => {
          const page = pages[index]
          if (page === undefined || page.done === true) return []
          for (const { at, id, sequence } of page.value) {
            hints.push({ kind, at, id, sequence })
          }
          return [{ ...shard, reached: page.value.at(-1)?.at ?? shard.reached }]
        })
        hints.sort((a, b) => a.at - b.at)
        const passed = Math.min(to, (end + 1) * bucketLength)
        yield { hints, reached: Math.min(passed, ...open.map(({ reached }) => reached)) }
      }
    }
  }

  async function take<T>(
    kind: Kind,
    now: Millis,
    limit: number,
    judge: (id: Id, hints: readonly Own[]) => Promise<Verdict<T>>,
  ): Promise<readonly T[]> {
    const due = new Map<Id, T>()
    const handedOut = new Map<Id, readonly Own[]>()
    const stale: Own[] = []
    const failures: unknown[] = []
    let floor: number = now
    scan: for await (const { hints, reached } of rounds(kind, now)) {
      const groups = [...Map.groupBy(hints, ({ id }) => id)]
      while (groups.length > 0) {
        const missing = limit - due.size
        if (missing === 0) {
          floor = Math.min(floor, ...groups.map(([, [first]]) => first?.at ?? Infinity))
          break scan
        }
        const some = groups.splice(0, Math.min(missing, askedAtOnce))
        const verdicts = await Promise.all(
          some.map(([id, own]) =>
            judge(id, own).catch((error: unknown): Verdict<T> => {
              // One row that cannot be read keeps none of the others.
              failures.push(error)
              return { kind: 'early' }
            }),
          ),
        )
        for (const [index, verdict] of verdicts.entries()) {
          const [id, own] = some[index] ?? [null, []]
          if (id === null) continue
          if (verdict.kind === 'stale') {
            stale.push(...own)
            continue
          }
          floor = Math.min(floor, own[0]?.at ?? now)
          if (verdict.kind === 'early') continue
          due.set(id, verdict.work)
          const served = own.filter(({ sequence }) => sequence <= verdict.sequence)
          handedOut.set(id, [...(handedOut.get(id) ?? []), ...served])
        }
      }
      if (due.size === limit) {
        floor = Math.min(floor, reached)
        break
      }
    }
    taken.set(kind, handedOut)
    void drop(stale)
    raise(kind, millis(Math.min(floor, now - lateness)))
    if (due.size === 0 && failures.length > 0) throw failures[0]
    return [...due.values()]
  }

  function raise(kind: Kind, floor: Millis): void {
    if (floor <= floorOf(kind)) return
    floors.set(kind, floor)
    if (floor < (kept.get(kind) ?? 0) + keepInterval) return
    kept.set(kind, floor)
    // Unless it succeeds, whoever starts next only begins a little earlier.
    sql.raiseMark.run(floor, kind, floor).catch(() => {})
  }

  return {
    async announce(hints, beside = () => []) {
      for (;;) {
        const now = clock.now()
        await Promise.all([...hints.map((hint) => write(hint, now)), ...beside()])
        // A process that was paused meanwhile may have written behind the readers.
        if (clock.now() - now < lateness / 2) return
      }
    },
    take,
    async done(kind, id) {
      const hints = taken.get(kind)?.get(id) ?? []
      taken.get(kind)?.delete(id)
      await drop(hints)
    },
    drop: (hint) => drop([hint]),
    async *all(kind, to) {
      const end = to ?? millis(clock.now() + (ahead.get(kind) ?? leastAhead))
      for await (const { hints } of rounds(kind, end)) yield hints
    },
  }
}

const bucketOf = (at: number): number => Math.floor(at / bucketLength)

/** Any even spread will do; of every kind of UUID the last digit is random. At most 16 shards. */
export const shardOf = (id: string, count: number): number =>
  Number.parseInt(id.slice(-1), 16) % count

const keyOf = (kind: string, at: Millis, id: string): HintKey => [
  kind,
  bucketOf(at),
  shardOf(id, shards),
]

function partitions(kind: string, first: number, last: number): HintKey[] {
  const keys: HintKey[] = []
  for (let bucket = first; bucket <= last; bucket++) {
    for (let shard = 0; shard < shards; shard++) keys.push([kind, bucket, shard])
  }
  return keys
}
