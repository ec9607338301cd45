/**
 * A log that is only appended to, over any number of copies, and read by cursors that nothing ever
 * appears behind.
 *
 * ```
 *   bucket 0                bucket 1                bucket 2
 *   1 2 3 … 9999 10000 ──►  10001 … 20000    ──►    20001 … 20734 │ head
 *   full: head = 10000      full: head = 20000      appended by a batch IF head = 20734
 * ```
 * A bucket is one partition, so its head and its new entries are one conditional write; the next one
 * begins once it is full to the last place. Entries lapse, heads stay: one small row a bucket.
 */
import { createQueues } from '../../core/resilience/queues.ts'
import { settle } from '../../core/cassandra/settle.ts'
import { rounds } from '../../core/cassandra/rounds.ts'
import { newId, type SessionId } from '../../core/values/ids.ts'
import type { Clock, Millis } from '../../core/values/time.ts'
import type { FeedRow, Statements } from './store.cassandra.statements.ts'

export interface FeedEntry<Subject extends string> {
  readonly subject: Subject
  readonly at: Millis
  /** Of the end of all sessions of a user, who is the subject: their epoch from then on. */
  readonly epoch?: number
  /** The one that goes on. */
  readonly keep?: SessionId
}

export interface FeedPage<Subject extends string> {
  readonly entries: readonly FeedEntry<Subject>[]
  readonly cursor: number
}

export interface Feed<Subject extends string> {
  /** Resolves when all readers can see the entry. */
  append(entry: FeedEntry<Subject>): Promise<void>
  /**
   * Entries after a cursor that live at `now`, oldest first. The cursor of an empty page is the end;
   * it is lower than the one asked for where the store was put back to an older copy.
   */
  read(after: number, now: Millis, limit: number): Promise<FeedPage<Subject>>
  /** Where the feed stands. */
  end(): Promise<number>
}

export interface FeedOptions {
  readonly sql: Statements
  readonly clock: Clock
  readonly name: string
  /** How long an entry is read, counted from its time. */
  readonly life: Millis
  /** Entries in a partition; 10,000, below 1 MB, unless given. */
  readonly bucketSize?: number
}

/** Entries in one conditional batch. */
const batchSize = 100
/** Entries that one read returns at most. */
const maxPage = 1_000
/** How long entries outlive their life: clocks differ, and an entry may come late into the feed. */
const margin = 600_000

export function createFeed<Subject extends string>(options: FeedOptions): Feed<Subject> {
  const { sql, clock, name, life, bucketSize = 10_000 } = options
  if (!(bucketSize >= 1)) throw new RangeError('The option "bucketSize" must be at least 1.')

  const bucketOf = (position: number): number => Math.floor((position - 1) / bucketSize)
  const startOf = (bucket: number): number => bucket * bucketSize
  const isFull = (bucket: number, head: number): boolean => head === startOf(bucket + 1)
  const seconds = Math.ceil((life + margin) / 1000)

  /** A bucket that is not full to what this process knows: a guess, which the condition proves. */
  let known: { readonly bucket: number; readonly head: number | null } | null = null

  const headOf = (bucket: number) => sql.feedHead.get(name, bucket, startOf(bucket))

  /** The bucket that is appended to, found from the highest one that somebody has announced. */
  async function current() {
    const announced = (await sql.feedBucket.get(name))?.bucket ?? 0
    for (let bucket = announced; ; bucket++) {
      const head = (await headOf(bucket))?.head ?? null
      if (head === null || !isFull(bucket, head)) return { bucket, head }
    }
  }

  /** Appends as many as the bucket has room for, and tells how many; 0 where another was faster. */
  async function appendSome(entries: readonly FeedEntry<Subject>[]): Promise<number> {
    const { bucket, head } = (known ??= await current())
    const before = head ?? startOf(bucket)
    const some = entries.slice(0, startOf(bucket + 1) - before)
    const next = before + some.length
    const operation = newId<string>()
    const { applied } = await settle(
      () =>
        sql.appendToFeed.run([
          sql.setFeedHead.bind(
            next,
            head === null ? clock.now() : undefined,
            name,
            bucket,
            startOf(bucket),
            head,
          ),
          ...some.map(({ subject, at, epoch, keep }, index) =>
            sql.addFeedEntry.bind(
              name,
              bucket,
              before + 1 + index,
              operation,
              subject,
              at,
              epoch,
              keep,
              seconds,
            ),
          ),
        ]),
      async () => {
        const [first] = await sql.feedEntriesSettled.all(name, bucket, before, 1)
        return first?.position === before + 1 && first.operation === operation
      },
    )
    if (!applied) {
      known = null
      return 0
    }
    known = { bucket, head: next }
    if (isFull(bucket, next)) {
      known = { bucket: bucket + 1, head: null }
      // Unless it succeeds, whoever looks for the current bucket walks one further.
      sql.raiseFeedBucket.run(name, bucket + 1, bucket + 1).catch(() => {})
    }
    return some.length
  }

  const enqueue = createQueues<string, FeedEntry<Subject>, void>({
    maxItems: batchSize,
    async run(_name, entries) {
      let done = 0
      try {
        while (done < entries.length) {
          done += await rounds(async () => (await appendSome(entries.slice(done))) || null)
        }
      } catch (error) {
        known = null
        throw error
      }
      return entries.map(() => undefined)
    },
  })

  /** The first bucket whose entries may still mean something; all in the one before it are too old. */
  async function firstLiving(now: Millis): Promise<number> {
    const oldest = now - life - margin
    for (let { bucket } = await current(); ; bucket--) {
      if (bucket === 0) return 0
      const openedAt = (await headOf(bucket))?.opened_at
      if (openedAt !== undefined && openedAt < oldest) return bucket
    }
  }

  /**
   * Entries of a bucket between a cursor and its head. The head is read before them, and a hole is
   * looked at again by a serial read: a read from a majority may meet one replica that has missed an
   * entry and another before it got it. What is a hole to both has lapsed.
   */
  async function entriesOf(bucket: number, after: number, head: number, limit: number) {
    const rows = await sql.feedEntries.all(name, bucket, after, limit)
    const whole = Math.min(limit, head - after)
    const isWhole = rows.length >= whole && rows.every((row, i) => row.position === after + 1 + i)
    return isWhole ? rows : sql.feedEntriesSettled.all(name, bucket, after, limit)
  }

  async function end(): Promise<number> {
    const { bucket, head } = await current()
    return head ?? startOf(bucket)
  }

  return {
    append: (entry) => enqueue(name, entry),

    async read(after, now, limit) {
      const most = Math.min(limit, maxPage)
      const entries: FeedEntry<Subject>[] = []
      let cursor = after === 0 ? startOf(await firstLiving(now)) : after
      while (entries.length < most) {
        const bucket = bucketOf(cursor + 1)
        const head = (await headOf(bucket))?.head ?? startOf(bucket)
        if (head < cursor) return { entries, cursor: Math.min(cursor, await end()) }
        if (head === cursor) break
        const room = most - entries.length
        const rows = await entriesOf(bucket, cursor, head, room)
        const last = rows.at(-1)?.position ?? cursor
        cursor = rows.length < room ? Math.max(last, head) : last
        const living = rows.filter(({ at }) => at > now - life).map(toEntry<Subject>)
        // A reader that stood still for long need not see each bucket that has lapsed since.
        if (living.length === 0) cursor = Math.max(cursor, startOf(await firstLiving(now)))
        entries.push(...living)
      }
      return { entries, cursor }
    },

    end,
  }
}

const toEntry = <Subject extends string>(row: FeedRow): FeedEntry<Subject> => ({
  // Written by `append` of the feed with this name alone.
  subject: row.subject as Subject,
  at: row.at,
  ...(row.epoch !== null && { epoch: row.epoch }),
  ...(row.keep !== null && { keep: row.keep }),
})
