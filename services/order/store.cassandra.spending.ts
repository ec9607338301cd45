/**
 * What each user has spent: one partition a user, changed by conditional batches that hold the total
 * and, for each order, what it counts for in it since which sequence. An order's change is told any
 * number of times, by anybody, in any order, and counts once.
 */
import { standstill } from '../../core/cassandra/hints.ts'
import { settle } from '../../core/cassandra/settle.ts'
import { rounds } from '../../core/cassandra/rounds.ts'
import { inBatches } from '../../core/resilience/queues.ts'
import { newId, type OrderId, type UserId } from '../../core/values/ids.ts'
import { minor, type Minor } from '../../core/values/money.ts'
import { millis, type Millis } from '../../core/values/time.ts'
import { nilOrder, type SpendingRow, type Statements } from './store.cassandra.statements.ts'

/** What an order counts for from a sequence on. */
export interface Counted {
  readonly id: OrderId
  readonly sequence: number
  readonly amount: Minor
  readonly createdAt: Millis
  /** Nothing changes it after this; its row may go when nobody can come with an earlier one. */
  readonly final: boolean
}

export interface Spending {
  /** Resolves when the order counts for this, or for what a later sequence made of it. */
  count(user: UserId, counted: Counted): Promise<void>
  total(user: UserId): Promise<Minor>
  /** When the user's first order was made; null without one. */
  since(user: UserId): Promise<Millis | null>
}

/** Orders in one conditional batch. */
const batchSize = 50

export function createSpending(sql: Statements): Spending {
  const queue = inBatches({ maxItems: batchSize, run: countAll })

  async function countAll(user: UserId, all: readonly Counted[]): Promise<void> {
    const latest = new Map<OrderId, Counted>()
    for (const counted of all) {
      if ((latest.get(counted.id)?.sequence ?? 0) < counted.sequence) {
        latest.set(counted.id, counted)
      }
    }
    const keys = [nilOrder, ...latest.keys()]
    await rounds(async () => {
      // A stale answer costs a round: the revision tells.
      const rows = byId(await sql.spendingRows.all(user, keys))
      const missing = [...latest.values()].filter((counted) => !isIn(rows, counted))
      if (missing.length === 0) return true
      const outcome = await settle(
        () => sql.count.run(writesOf(user, rows, missing)),
        async () => {
          const now = byId(await sql.spendingRowsSettled.all(user, keys))
          return missing.every((counted) => isIn(now, counted))
        },
      )
      return outcome.applied || null
    })
  }

  function writesOf(
    user: UserId,
    rows: ReadonlyMap<OrderId, SpendingRow>,
    missing: readonly Counted[],
  ) {
    const before = rows.get(nilOrder)
    let total = amountOf(before?.total)
    const writes = missing.map(({ id, sequence, amount, final }) => {
      total += amount - (rows.get(id)?.counted ?? 0)
      return sql.setCounted.bind(final ? standstill : 0, sequence, amount, user, id)
    })
    const known = before?.since ?? Infinity
    const first = Math.min(known, ...missing.map(({ createdAt }) => createdAt))
    const since = first < known ? millis(first) : undefined
    const revision = before?.revision ?? null
    return [
      sql.setTotal.bind(
        minor(Math.max(0, Math.min(total, largest))),
        newId<string>(),
        since,
        user,
        revision,
      ),
      ...writes,
    ]
  }

  return {
    count: queue,
    total: async (user) => minor(amountOf((await sql.spending.get(user))?.total)),
    since: async (user) => (await sql.spending.get(user))?.since ?? null,
  }
}

/** Where a total ends: far past all that one user can order, and the last number that is exact. */
const largest = Number.MAX_SAFE_INTEGER

/** The digits of a total, which an older build may have let grow past the largest. */
const amountOf = (digits: string | null | undefined): number =>
  Math.min(largest, Number(digits ?? 0))

const byId = (rows: readonly SpendingRow[]): ReadonlyMap<OrderId, SpendingRow> =>
  new Map(rows.map((row) => [row.order_id, row]))

const isIn = (rows: ReadonlyMap<OrderId, SpendingRow>, { id, sequence }: Counted): boolean =>
  (rows.get(id)?.sequence ?? 0) >= sequence
