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
 * - A release notes itself with the order before it touches a line, and fences each product that there
 *   is. A reserve that finds the note carries the release out itself and is refused: so an order is
 *   fenced also where its products were unknown to the release and came later.
 * - Lines, notes and fences stay until the order is forgotten; no time takes them.
 */
import { rounds } from '../../core/cassandra/rounds.ts'
import { atMost } from '../../core/resilience/at-most.ts'
import { derivedId, newId, type OrderId, type ProductId } from '../../core/values/ids.ts'
import type { Clock, Millis } from '../../core/values/time.ts'
import type { HeldLine, Partitions, PartitionView } from './store.cassandra.partition.ts'
import type { AttemptRow, Statements } from './store.cassandra.statements.ts'
import * as steps from './store.cassandra.steps.ts'
import {
  commitObstacle,
  refuseLate,
  releaseObstacle,
  repeatedReserve,
  type Reservation,
} from './stock.ts'
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
/** Orders that are forgotten side by side; lines of one product go together. */
const forgottenAtOnce = 32

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
  clock: Clock,
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
    sql.addAttempt.run(order, attempt, textOf(lines))

  const end = (order: OrderId, attempt: string): Promise<void> => sql.endAttempt.run(order, attempt)

  /** What stands against lines that are not those of an earlier attempt; null when none were. */
  async function otherLines(
    order: OrderId,
    lines: readonly OrderLine[],
    attempts: readonly AttemptRow[],
  ): Promise<ReserveResult | null> {
    const others = new Set(attempts.filter(isStanding).map((row) => row.lines))
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
    asked: Millis,
  ): Promise<Exclude<steps.Taken, { kind: 'held' }> | Whole> {
    const held: AskedLine[] = []
    let fresh = false
    for (const each of lines) {
      const taken = await partitions.change(each.productId, steps.take(order, each, attempt), asked)
      if (taken.kind !== 'held') {
        // Also lines that an earlier pass has taken.
        const giveBack = ({ productId }: OrderLine) =>
          partitions.change(productId, steps.undo(order, attempt))
        await Promise.all(lines.map(giveBack))
        return taken
      }
      held.push({ asked: each, line: taken.line })
      fresh ||= taken.fresh
    }
    return { kind: 'whole', held, fresh }
  }

  /** Carries out a release that was requested and not finished; null where there is none. */
  async function released(
    order: OrderId,
    attempts: readonly AttemptRow[],
    asked: Millis,
  ): Promise<ReleaseResult | null> {
    const noted = attempts.find((row) => row.attempt === releaseOf(order) && isStanding(row))
    return noted === undefined ? null : release(order, linesOf(noted.lines), asked)
  }

  async function attemptReserve(
    order: OrderId,
    lines: readonly OrderLine[],
    attempt: string,
    asked: Millis,
  ): Promise<ReserveResult> {
    const attempts = await sql.attempts.all(order)
    if ((await released(order, attempts, asked))?.kind === 'released') return { kind: 'released' }
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
      const taken = await takeAll(order, lines, attempt, asked)
      if (taken.kind === 'released' || taken.kind === 'differs') return taken
      if (taken.kind === 'short') {
        const short = shortOf(await readAll(order, lines))
        return { kind: 'out_of_stock', lines: withShort(short, lines, taken) }
      }
      fresh ||= taken.fresh
      let { held }: { held: readonly AskedLine[] } = taken
      if (lines.length > 1) {
        const now = await sql.attempts.all(order)
        if ((await released(order, now, asked))?.kind === 'released') return { kind: 'released' }
        // Another attempt may have taken over an earlier line while a later one was taken. One that
        // notes itself after this finds all lines held, and so never gives one back.
        if (now.length > 1) held = await readAll(order, lines)
      }
      const answer = repetition(held, lines)
      if (answer !== null) return answer.kind === 'reserved' ? { ...answer, fresh } : answer
      // Another attempt of the same order is at it: one of the two comes through.
      return null
    }, passes)
  }

  async function release(
    order: OrderId,
    lines: readonly OrderLine[],
    asked: Millis,
  ): Promise<ReleaseResult> {
    // The same for every release of the order, which may be repeated for days.
    const attempt = releaseOf(order)
    await note(order, attempt, lines)
    const before = await readAll(order, lines)
    const releaseLine = ({ productId, quantity }: OrderLine) =>
      partitions.change(productId, steps.release(order, quantity), asked)
    const obstacle =
      releaseObstacle(reservationsOf(before), lines) ??
      (await firstThenOthers(lines, releaseLine, isReleased))
    if (obstacle === null) return { kind: 'released' }
    await end(order, attempt)
    return obstacle
  }

  async function forget(order: OrderId, asked: Millis): Promise<void> {
    const attempts = await sql.attempts.all(order)
    const wasReleased = attempts.some((row) => row.attempt === releaseOf(order) && isStanding(row))
    // Every line was noted before it was taken or fenced.
    const lines = attempts.flatMap((row) => linesOf(row.lines))
    const products = new Set(lines.map(({ productId }) => productId))
    const dropped = await Promise.all(
      [...products].map((id) => partitions.change(id, steps.forget(order, wasReleased), asked)),
    )
    if (dropped.length > 0 && !dropped.includes('kept')) await sql.dropAttempts.run(order)
  }

  return {
    async reserve(order, lines, asked = clock.now()) {
      refuseLate(asked, clock.now())
      const attempt = newId<string>()
      await note(order, attempt, lines)
      const result = await attemptReserve(order, lines, attempt, asked)
      if (result.kind !== 'reserved') await end(order, attempt)
      return result
    },

    async commit(order, lines, asked = clock.now()) {
      const obstacle = commitObstacle(reservationsOf(await readAll(order, lines)), lines)
      if (obstacle !== null) return obstacle
      const commit = ({ productId }: OrderLine) =>
        partitions.change(productId, steps.commit(order), asked)
      return (await firstThenOthers(lines, commit, isCommitted)) ?? { kind: 'committed' }
    },

    async release(order, lines, asked = clock.now()) {
      refuseLate(asked, clock.now())
      return release(order, lines, asked)
    },

    forget: (orders, asked = clock.now()) =>
      atMost(forgottenAtOnce, orders, (order) => forget(order, asked)),

    async stock(product) {
      const stored = await partitions.read(product)
      if (stored === null) return null
      const { stocked, available, reserved, sold } = stored
      return { stocked, available, reserved, sold }
    },
  }
}

/** The attempt that a release is noted as. */
const releaseOf = (order: OrderId): string => derivedId<string>('release', order)

const isStanding = ({ ended }: AttemptRow): boolean => ended !== true

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
