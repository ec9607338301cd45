/**
 * Stock and reservations on Cassandra. The lines of an order lie with their products, so an order is
 * reserved line by line, in the order of product ids, and given back when a line falls short.
 *
 * ```
 *   attempt noted ─► line 1 ─► line 2 ─► line 3     each one conditional batch of its product
 *                      ▲         │ short
 *                      └─ undo ──┘                  an attempt undoes what it holds itself
 * ```
 * - An attempt that meets a line held by another attempt of its order takes it over. So an order is
 *   reserved as a whole when one attempt holds all lines: no other one will undo any of them.
 * - The first line decides between commit and release; the others follow it, after a crash as well. A
 *   commit is asked for after a reserve was answered, so the lines that it finds are there to stay.
 */
import { rounds } from '../../core/cassandra/rounds.ts'
import { derivedId, newId, type OrderId, type ProductId } from '../../core/values/ids.ts'
import {
  settledLife,
  type HeldLine,
  type Partitions,
  type PartitionView,
} from './store.cassandra.partition.ts'
import type { AttemptRow, Statements } from './store.cassandra.statements.ts'
import * as steps from './store.cassandra.steps.ts'
import { commitObstacle, releaseObstacle, repeatedReserve, type Reservation } from './stock.ts'
import type {
  CommitResult,
  OrderLine,
  ReleaseResult,
  ReserveResult,
  ShortLine,
  StockStore,
} from './store.ts'

/** Against other attempts of the same order. */
const passes = { most: 20, step: 20 }

interface AskedLine {
  readonly asked: OrderLine
  readonly line: HeldLine | null
}

interface Whole {
  readonly kind: 'whole'
  readonly held: readonly AskedLine[]
  /** True when a line of it was not held before. */
  readonly fresh: boolean
}

export function createStock(
  sql: Statements,
  partitions: Partitions,
): Omit<StockStore, 'stockViolations'> {
  const readAll = (
    order: OrderId,
    lines: readonly OrderLine[],
  ): Promise<readonly (AskedLine & PartitionView)[]> =>
    Promise.all(
      lines.map(async (asked) => ({
        asked,
        ...(await partitions.readLine(asked.productId, order)),
      })),
    )

  const note = (order: OrderId, attempt: string, lines: readonly OrderLine[]): Promise<void> =>
    sql.addAttempt.run(order, attempt, textOf(lines), settledLife)

  const end = (order: OrderId, attempt: string): Promise<void> =>
    sql.endAttempt.run(settledLife, order, attempt)

  /** What stands against lines that are not those of an earlier attempt; null when none were. */
  async function otherLines(
    order: OrderId,
    lines: readonly OrderLine[],
    attempts: readonly AttemptRow[],
  ): Promise<ReserveResult | null> {
    const others = new Set(attempts.filter(({ ended }) => ended !== true).map((row) => row.lines))
    others.delete(textOf(lines))
    if (others.size === 0) return null
    const all = [...others].map(linesOf)
    const held = reservationsOf((await Promise.all(all.map((each) => readAll(order, each)))).flat())
    return held.some(({ state }) => state === 'released')
      ? { kind: 'released' }
      : { kind: 'differs' }
  }

  /** Takes line after line for the attempt, or none. */
  async function takeAll(
    order: OrderId,
    lines: readonly OrderLine[],
    attempt: string,
  ): Promise<Exclude<steps.Taken, { kind: 'held' }> | Whole> {
    const held: AskedLine[] = []
    let fresh = false
    for (const asked of lines) {
      const taken = await partitions.change(asked.productId, steps.take(order, asked, attempt))
      if (taken.kind !== 'held') {
        // Also lines that an earlier pass has taken.
        const giveBack = ({ productId }: OrderLine) =>
          partitions.change(productId, steps.undo(order, attempt))
        await Promise.all(lines.map(giveBack))
        return taken
      }
      held.push({ asked, line: taken.line })
      fresh ||= taken.fresh
    }
    return { kind: 'whole', held, fresh }
  }

  /**
   * False when another attempt may have taken over an earlier line while a later one was taken. One that
   * notes itself after this finds all lines held, and so never gives one back.
   */
  const isAlone = async (order: OrderId, lines: readonly OrderLine[]): Promise<boolean> =>
    lines.length === 1 || (await sql.attempts.all(order)).length === 1

  async function attemptReserve(
    order: OrderId,
    lines: readonly OrderLine[],
    attempt: string,
  ): Promise<ReserveResult> {
    const attempts = await sql.attempts.all(order)
    const obstacle = await otherLines(order, lines, attempts)
    if (obstacle !== null) return obstacle
    const isFirst = attempts.length === 1
    // The first call for one line has nothing to find out before it takes it.
    if (!isFirst || lines.length > 1) {
      const before = await readAll(order, lines)
      const known = repetition(before, lines)
      if (known !== null) return known
      const short = before.every(({ line }) => line === null) ? shortOf(before) : []
      if (short.length > 0) return { kind: 'out_of_stock', lines: short }
    }
    let fresh = false
    return rounds<ReserveResult>(async () => {
      const taken = await takeAll(order, lines, attempt)
      if (taken.kind === 'released' || taken.kind === 'differs') return taken
      if (taken.kind === 'short') {
        const short = shortOf(await readAll(order, lines))
        return { kind: 'out_of_stock', lines: withShort(short, lines, taken) }
      }
      fresh ||= taken.fresh
      const held = (await isAlone(order, lines)) ? taken.held : await readAll(order, lines)
      const answer = repetition(held, lines)
      if (answer !== null) return answer.kind === 'reserved' ? { ...answer, fresh } : answer
      // Another attempt of the same order is at it: one of the two comes through.
      return null
    }, passes)
  }

  return {
    async reserve(order, lines) {
      const attempt = newId<string>()
      await note(order, attempt, lines)
      const result = await attemptReserve(order, lines, attempt)
      if (result.kind !== 'reserved') await end(order, attempt)
      return result
    },

    async commit(order, lines) {
      const obstacle = commitObstacle(reservationsOf(await readAll(order, lines)), lines)
      if (obstacle !== null) return obstacle
      const commit = ({ productId }: OrderLine) => partitions.change(productId, steps.commit(order))
      return (await firstThenOthers(lines, commit, isCommitted)) ?? { kind: 'committed' }
    },

    async release(order, lines) {
      // The same for every release of the order, which may be repeated for days.
      const attempt = derivedId<string>('release', order)
      const [before] = await Promise.all([readAll(order, lines), note(order, attempt, lines)])
      const release = ({ productId, quantity }: OrderLine) =>
        partitions.change(productId, steps.release(order, quantity))
      const obstacle =
        releaseObstacle(reservationsOf(before), lines) ??
        (await firstThenOthers(lines, release, isReleased))
      if (obstacle === null) return { kind: 'released' }
      await end(order, attempt)
      return obstacle
    },

    async stock(product) {
      const stored = await partitions.read(product)
      if (stored === null) return null
      const { stocked, available, reserved, sold } = stored
      return { stocked, available, reserved, sold }
    },
  }
}

/** Equal lines give equal text, as they are merged and in order. */
const textOf = (lines: readonly OrderLine[]): string =>
  JSON.stringify(lines.map(({ productId, quantity }) => [productId, quantity]))

const linesOf = (text: string): readonly OrderLine[] =>
  // Written by `textOf`.
  (JSON.parse(text) as [ProductId, number][]).map(([productId, quantity]) => {
    return { productId, quantity }
  })

const isCommitted = ({ kind }: CommitResult): boolean => kind === 'committed'
const isReleased = ({ kind }: ReleaseResult): boolean => kind === 'released'

/** Settles the first line, which decides, and then the others; the first answer that is not the wanted one. */
async function firstThenOthers<R>(
  [first, ...others]: readonly OrderLine[],
  settle: (line: OrderLine) => Promise<R>,
  wanted: (result: R) => boolean,
): Promise<R | null> {
  if (first === undefined) return null
  const decided = await settle(first)
  if (!wanted(decided)) return decided
  return (await Promise.all(others.map(settle))).find((result) => !wanted(result)) ?? null
}

/** What a reserve answers where its lines are held as a whole, or fenced; null where they are not. */
function repetition(all: readonly AskedLine[], lines: readonly OrderLine[]): ReserveResult | null {
  const held = reservationsOf(all)
  const isFenced = held.some(({ state }) => state === 'released')
  if (!isFenced && held.length < lines.length) return null
  // Sold lines were reserved as a whole before.
  const isSold = held.some(({ state }) => state === 'committed')
  const attempts = new Set(all.map(({ line }) => line?.attempt))
  if (!isFenced && !isSold && attempts.size > 1) return null
  return repeatedReserve(held, lines)
}

const reservationsOf = (all: readonly AskedLine[]): readonly Reservation[] =>
  all.flatMap(({ asked, line }) => (line === null ? [] : reservationOf(asked.productId, line)))

function reservationOf(productId: ProductId, line: HeldLine): Reservation {
  const { state, quantity, name, price } = line
  if (state === 'released') return { productId, quantity, state }
  if (name === null || price === null) throw new Error('A reserved line has no name or price.')
  return { productId, quantity, name, price, state }
}

/** The lines of which there is not enough, apart from those that the order holds already. */
const shortOf = (all: readonly (AskedLine & PartitionView)[]): readonly ShortLine[] =>
  all.flatMap(({ asked: { productId, quantity }, product, line }) => {
    const available = steps.buyable(product)
    return line !== null || available >= quantity
      ? []
      : { productId, requested: quantity, available }
  })

/** With the line that fell short, also when there is enough of it again. */
function withShort(
  short: readonly ShortLine[],
  lines: readonly OrderLine[],
  taken: { readonly productId: ProductId; readonly available: number },
): readonly ShortLine[] {
  return lines.flatMap(({ productId, quantity }) => {
    const now = short.find((line) => line.productId === productId)
    if (now !== undefined) return now
    return productId === taken.productId
      ? { productId, requested: quantity, available: taken.available }
      : []
  })
}
