/**
 * The days that have orders, each with the partitions that it is spread over, so that a list over
 * years asks for no empty ones.
 *
 * ```
 *   ── first order ───────────── noted ───── yesterday ─ today ──►
 *      in `order_days`, which a     │ may have any
 *      worker writes, day by day    │
 * ```
 * The table follows from the lists alone, when a day is over for every clock: neither an older build
 * that knows nothing of it nor orders from before it are left out.
 */
import { firstMark } from '../../core/cassandra/hint-statements.ts'
import { millis, type Clock, type Millis } from '../../core/values/time.ts'
import type { Statements } from './store.cassandra.statements.ts'

/** A partition of `orders_by_day`. */
export interface DayPart {
  readonly day: number
  readonly shard: number
}

export interface Days {
  /** Partitions of one day after the other that may have orders, the newest day first. */
  back(newest: number, oldest: number): AsyncGenerator<readonly DayPart[]>
  /** Notes some of the days that are over; the next call goes on. */
  note(): Promise<void>
  /** What must stand before an order of this time, beside its row: nothing while its day lasts. */
  add(part: DayPart): readonly Promise<void>[]
}

export interface DaysOptions {
  readonly sql: Statements
  readonly clock: Clock
  /** Nothing in this store is older. */
  readonly first: Millis
  /** Partitions of a day. */
  readonly shards: number
}

/** Days in a partition of `order_days`: 3,200 rows of a few bytes. */
const blockLength = 400
/** Days that one call notes: 256 small reads. */
const daysAtOnce = 32
const dayLength = 86_400_000
const mark = 'noted days'

export const dayOf = (at: Millis): number => Math.floor(at / dayLength)

export async function createDays({ sql, clock, first, shards }: DaysOptions): Promise<Days> {
  const kept = dayOf(await firstMark(sql, mark, first))
  /**
   * The first day that is not noted, as far as this process knows. A mark from a clock that was far
   * ahead says nothing of the days since.
   */
  let noted = Math.min(kept, dayOf(clock.now()) - 1)

  const partsOf = (day: number): readonly DayPart[] =>
    Array.from({ length: shards }, (_, shard) => ({ day, shard }))

  async function noteDay(day: number): Promise<void> {
    await Promise.all(
      partsOf(day).map(async ({ shard }) => {
        const some = await sql.listOfDay.any.get(day, shard)
        if (some !== undefined) await sql.addDay.run(blockOf(day), day, shard)
      }),
    )
  }

  return {
    async *back(newest, oldest) {
      const from = Math.max(oldest, noted)
      for (let day = newest; day >= from; day--) yield partsOf(day)
      const last = Math.min(newest, from - 1)
      for (let block = blockOf(last); block >= blockOf(oldest); block--) {
        const rows = await sql.days.all(block, oldest, last)
        // Rows come by day, the newest first.
        yield* Map.groupBy(rows, ({ day }) => day).values()
      }
    },

    async note() {
      const from = noted
      // Yesterday is not over for a clock that is behind.
      const end = Math.min(dayOf(clock.now()) - 1, from + daysAtOnce)
      for (let day = from; day < end; day++) await noteDay(day)
      if (end <= from) return
      noted = end
      const at = millis(end * dayLength)
      await sql.raiseMark.run(at, mark, at)
    },

    // A process that was paused may come with an order of a day that is noted already, and so may one
    // whose clock was ahead.
    add: ({ day, shard }) =>
      day < Math.max(dayOf(clock.now()), noted) ? [sql.addDay.run(blockOf(day), day, shard)] : [],
  }
}

const blockOf = (day: number): number => Math.floor(day / blockLength)
