/**
 * Newest-first lists: ids by month of a user and by day of everybody. A row is written before the
 * order is created and proved on the order, so it may stand for none; one whose order has come to
 * rest says so, which spares reading the order.
 */
import { lateness } from '../../core/cassandra/hint-statements.ts'
import { shardOf } from '../../core/cassandra/hints.ts'
import type { Wanted } from '../../core/http/wanted.ts'
import { chunks } from '../../core/values/chunks.ts'
import type { OrderId, UserId } from '../../core/values/ids.ts'
import { millis, type Clock, type Millis } from '../../core/values/time.ts'
import type { Order } from './order.ts'
import { createDays, dayOf, type DayPart } from './store.cassandra.days.ts'
import {
  nilOrder,
  type ListRow,
  type Statements,
  type StoredOrder,
} from './store.cassandra.statements.ts'
import { toOrder } from './store.rows.ts'
import type { ListQuery } from './store.ts'

export interface Listed {
  readonly id: OrderId
  readonly userId: UserId
  readonly createdAt: Millis
}

export interface Lists {
  /** Writes that must stand before the order is created. */
  add(order: Listed): readonly Promise<void>[]
  /** Notes that the order has come to rest. */
  rest(order: Listed, at: Millis): readonly Promise<void>[]
  /** Notes which days that are over have orders, so that lists over years read no empty ones. */
  tend(): Promise<void>
  /** Orders of one user whose first one is not older than `since`. */
  ofUser(user: UserId, since: Millis, query: ListQuery): Promise<readonly Order[]>
  ofAll(query: ListQuery): Promise<readonly Order[]>
}

export interface ListsOptions {
  readonly sql: Statements
  readonly clock: Clock
  /** Nothing in this store is older. */
  readonly first: Millis
  /** How long after its creation an order may still be under way. */
  readonly longestLife: Millis
}

/** One partition of a list. */
interface Part {
  rows(from: Millis, before: Millis, beforeId: OrderId): AsyncIterable<readonly ListRow[]>
  rest(row: ListRow, at: Millis): Promise<void>
  drop(row: ListRow): Promise<void>
}

interface Place {
  readonly row: ListRow
  readonly part: Part
}

/** Eight partitions a day: 125,000 rows each at a million orders a day. */
const shards = 8
/** Orders that are read at once. */
const ordersAtOnce = 32
/** Months or days that are read at once where those before did not fill the page. */
const mostAtOnce = 8

export async function createLists(options: ListsOptions): Promise<Lists> {
  const { sql, clock, first, longestLife } = options
  const days = await createDays({ sql, clock, first, shards })

  const monthPart = (user: UserId, month: number): Part => ({
    rows: (...slice) => sql.listOfUser.page.pages(user, month, ...slice),
    rest: (row, at) => sql.listOfUser.rest.run(at, user, month, row.created_at, row.order_id),
    drop: (row) => sql.listOfUser.drop.run(user, month, row.created_at, row.order_id),
  })
  const dayPart = ({ day, shard }: DayPart): Part => ({
    rows: (...slice) => sql.listOfDay.page.pages(day, shard, ...slice),
    rest: (row, at) => sql.listOfDay.rest.run(at, day, shard, row.created_at, row.order_id),
    drop: (row) => sql.listOfDay.drop.run(day, shard, row.created_at, row.order_id),
  })

  /** The oldest creation that the query can want. */
  const oldest = ({ restedAfter }: ListQuery, since: Millis): Millis =>
    millis(restedAfter === null ? since : Math.max(since, restedAfter - longestLife))

  /** `partsOf` gives the partitions of one stretch of time after the other, back from the newest. */
  async function list(
    query: ListQuery,
    since: Millis,
    partsOf: (newest: Millis, oldest: Millis) => Stretches,
  ): Promise<readonly Order[]> {
    const { limit, after, wanted } = query
    const from = oldest(query, since)
    // The clock of another copy may be ahead.
    const end = millis(clock.now() + lateness)
    const newest = after === null ? end : millis(Math.min(after.createdAt, end))
    const slice = [from, newest, after?.id ?? nilOrder] as const
    const found: Order[] = []
    for await (const parts of grouped(partsOf(newest, from))) {
      const sources = parts.map((part) => placesOf(part, slice, wanted))
      for await (const places of merged(sources, ordersAtOnce)) {
        wanted.check()
        const shown = places.filter(({ row }) => !hasLeft(row.rested_at, query))
        const orders = await Promise.all(shown.map((place) => prove(place, query)))
        for (const order of orders) {
          if (order === null) continue
          found.push(order)
          if (found.length === limit) return found
        }
      }
    }
    return found
  }

  function* monthsOf(user: UserId, newest: Millis, from: Millis) {
    const last = monthOf(from)
    for (let month = monthOf(newest); month >= last; month--) yield [monthPart(user, month)]
  }

  async function* daysOf(newest: Millis, from: Millis) {
    for await (const parts of days.back(dayOf(newest), dayOf(from))) yield parts.map(dayPart)
  }

  /** The order that a row stands for, if it is to be listed; puts right what the row lacks. */
  async function prove({ row, part }: Place, query: ListQuery): Promise<Order | null> {
    const stored = await sql.byId.get(row.order_id)
    // Its creation may be under way.
    if (stored === undefined || stored.status === 'PENDING') return null
    if (stored.status === 'REJECTED' || stored.created_at !== row.created_at) {
      part.drop(row).catch(() => {})
      return null
    }
    if (stored.rested_at !== null && row.rested_at === null) {
      part.rest(row, stored.rested_at).catch(() => {})
    }
    return hasLeft(stored.rested_at, query) ? null : toOrder(stored)
  }

  return {
    add: ({ id, userId, createdAt }) => [
      sql.listOfUser.add.run(userId, monthOf(createdAt), createdAt, id),
      sql.listOfDay.add.run(dayOf(createdAt), shardOf(id, shards), createdAt, id),
      ...days.add({ day: dayOf(createdAt), shard: shardOf(id, shards) }),
    ],
    rest({ id, userId, createdAt }, at) {
      const row = { order_id: id, created_at: createdAt, rested_at: null }
      return [
        monthPart(userId, monthOf(createdAt)).rest(row, at),
        dayPart({ day: dayOf(createdAt), shard: shardOf(id, shards) }).rest(row, at),
      ]
    },
    tend: days.note,
    ofUser: (user, since, query) =>
      list(query, since, (newest, from) => monthsOf(user, newest, from)),
    ofAll: (query) => list(query, first, daysOf),
  }
}

const hasLeft = (restedAt: StoredOrder['rested_at'], { restedAfter }: ListQuery): boolean =>
  restedAfter !== null && restedAt !== null && restedAt <= restedAfter

/** Months in UTC, counted from the year 0. */
function monthOf(at: Millis): number {
  const date = new Date(at)
  return date.getUTCFullYear() * 12 + date.getUTCMonth()
}

/** The partitions of one stretch of time after the other. */
type Stretches = Iterable<readonly Part[]> | AsyncIterable<readonly Part[]>

/** Several stretches together, more each time: the newest fills most pages, and old orders are few. */
async function* grouped(stretches: Stretches): AsyncGenerator<readonly Part[]> {
  let parts: Part[] = []
  let size = 1
  let count = 0
  for await (const stretch of stretches) {
    parts.push(...stretch)
    count++
    if (count < size) continue
    yield parts
    parts = []
    count = 0
    size = Math.min(2 * size, mostAtOnce)
  }
  if (parts.length > 0) yield parts
}

async function* placesOf(
  part: Part,
  slice: Readonly<Parameters<Part['rows']>>,
  wanted: Wanted,
): AsyncGenerator<readonly Place[]> {
  wanted.check()
  for await (const rows of part.rows(...slice)) {
    yield rows.map((row) => ({ row, part }))
    wanted.check()
  }
}

/** Several newest-first sources as one, given out `size` at a time. */
async function* merged(
  sources: readonly AsyncGenerator<readonly Place[]>[],
  size: number,
): AsyncGenerator<readonly Place[]> {
  let heads = sources.map((source): Head => ({ source, places: [], at: 0 }))
  let ready: Place[] = []
  for (;;) {
    // Without the next place of every source nobody knows which one comes first.
    const empty = heads.filter((head) => head.at === head.places.length)
    await Promise.all(
      empty.map(async (head) => {
        const next = await head.source.next()
        head.places = next.done === true ? [] : next.value
        head.at = 0
      }),
    )
    heads = heads.filter((head) => head.places.length > 0)
    if (heads.length === 0) break
    while (heads.every((head) => head.at < head.places.length)) {
      const head = heads.reduce((a, b) => (isNewer(headOf(b), headOf(a)) ? b : a))
      ready.push(headOf(head))
      head.at++
    }
    if (ready.length < size) continue
    yield* chunks(ready, size)
    ready = []
  }
  if (ready.length > 0) yield* chunks(ready, size)
}

/** A source, with what has been drawn from it and how much of that has been given out. */
interface Head {
  readonly source: AsyncGenerator<readonly Place[]>
  places: readonly Place[]
  at: number
}

function headOf({ places, at }: Head): Place {
  const place = places[at]
  if (place === undefined) throw new RangeError('An empty source has no head.')
  return place
}

function isNewer({ row: a }: Place, { row: b }: Place): boolean {
  if (a.created_at !== b.created_at) return a.created_at > b.created_at
  return rankOf(a.order_id) > rankOf(b.order_id)
}

/** Cassandra compares the versions of two UUIDs first, and then all of their digits. */
const rankOf = (id: OrderId): string => `${id.charAt(14)}${id}`
