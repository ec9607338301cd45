/**
 * The partition of a product: all changes of it, in one conditional batch at a time.
 *
 * ```
 *   reserve ─┐              read: the product, the lines of these orders
 *   commit  ─┼─ one queue ─ run each step on a draft in memory
 *   update  ─┘  a product   write what has changed, IF revision = the one that was read
 *                           (lost against another copy: once more from the reading)
 * ```
 *
 * A hot product costs a process one batch at a time, however many wait for it.
 */
import { settle } from '../../core/cassandra/settle.ts'
import type { BoundWrite } from '../../core/cassandra/statement.ts'
import { rounds } from '../../core/cassandra/rounds.ts'
import { isTooLate } from '../../core/resilience/asked-at.ts'
import { inBatches } from '../../core/resilience/queues.ts'
import { newId, type OrderId, type ProductId } from '../../core/values/ids.ts'
import type { Minor } from '../../core/values/money.ts'
import type { Clock, Millis } from '../../core/values/time.ts'
import type { Listing } from './store.cassandra.listing.ts'
import {
  productEntry,
  type EditId,
  type EntryRow,
  type Statements,
} from './store.cassandra.statements.ts'
import { tooLate, type ReservationState } from './stock.ts'
import type { Stock, StockedProduct } from './store.ts'

export type StoredProduct = StockedProduct & Stock

/** An order's line; a fence has neither name nor price nor attempt. */
export interface HeldLine {
  readonly state: ReservationState
  readonly quantity: number
  readonly name: string | null
  readonly price: Minor | null
  /** The attempt to reserve that holds it. */
  readonly attempt: string | null
}

/** What a step sees and changes; the steps of one batch see each other's changes. */
export interface Draft {
  /** Null when there never was one. */
  readonly product: StoredProduct | null
  line(order: OrderId): HeldLine | null
  /** Moves pieces between the product's counters. */
  count(stock: Stock): void
  /** Changes what an admin changes; the stock goes along. */
  edit(product: StoredProduct): void
  hold(order: OrderId, line: HeldLine): void
  drop(order: OrderId): void
}

/** One operation: it may be run again on a fresh draft, and the last run counts. */
export interface Step<R> {
  /** The order whose line it needs. */
  readonly order?: OrderId
  readonly run: (draft: Draft) => R
}

export interface Partitions {
  /**
   * Runs the step and resolves with its answer when its change is stored. With `asked` it changes nothing
   * and throws when it comes too late (`refuseLate`). That is asked again after each reading, so a write
   * that stood still since is one on a revision that is no longer there: a fence had been set since, or
   * forgotten.
   */
  change<R>(id: ProductId, step: Step<R>, asked?: Millis): Promise<R>
  read(id: ProductId): Promise<StoredProduct | null>
  readLine(id: ProductId, order: OrderId): Promise<PartitionView>
}

export interface PartitionView {
  readonly product: StoredProduct | null
  readonly line: HeldLine | null
}

/** Steps in one conditional batch. */
const batchSize = 50
/** Against other copies; with the pauses some 10 s. */
const contention = { most: 40, step: 12 }
/** Seconds in which the outcome of an edit can be asked for. */
const editLife = 86_400

export function createPartitions(sql: Statements, listing: Listing, clock: Clock): Partitions {
  const queue = inBatches<ProductId, Step<unknown>>({ maxItems: batchSize, run: changeAll })

  async function changeAll(id: ProductId, steps: readonly Step<unknown>[]): Promise<void> {
    const orders = [...new Set(steps.flatMap(({ order }) => order ?? []))]
    await rounds(async () => {
      // A stale answer costs a round: the revision tells.
      const rows = await sql.entries.all(id, [productEntry, ...orders])
      const draft = createDraft(id, rows)
      for (const step of steps) step.run(draft)
      if (!draft.isChanged()) return true
      const { before, product } = draft
      if (product !== null && product.version !== (before?.version ?? 0)) {
        await listing.announce(id, draft.categories, product.version)
      }
      const revision = newId<string>()
      const edit = draft.isEdited() ? newId<EditId>() : null
      const touched = draft.lines().map(([order]) => order)
      const outcome = await settle(
        () => sql.change.run(writesOf(id, draft, revision, edit)),
        async () => {
          if (edit !== null) return (await sql.entriesSettled.get(id, [edit])) !== undefined
          // Others may have built on all of it; then the steps find their lines as they made them.
          const now = await sql.entriesSettled.all(id, [productEntry, ...touched])
          return now.some((row) => row.revision === revision || row.operation === revision)
        },
      )
      return outcome.applied || null
    }, contention)
  }

  function writesOf(
    id: ProductId,
    draft: WritableDraft,
    revision: string,
    edit: EditId | null,
  ): readonly BoundWrite[] {
    const { product, before } = draft
    const writes: BoundWrite[] = [
      sql.setStock.bind(
        product?.stocked,
        product?.available,
        product?.reserved,
        product?.sold,
        revision,
        id,
        draft.revision,
      ),
    ]
    if (product !== null && edit !== null) {
      const { name, category, price, deleted, version } = product
      // What is empty stays empty without a tombstone.
      const description = product.description ?? (isEmpty(before?.description) ? undefined : null)
      const manufacturer =
        product.manufacturer ?? (isEmpty(before?.manufacturer) ? undefined : null)
      writes.push(
        sql.setProduct.bind(name, category, price, description, manufacturer, deleted, version, id),
        sql.addEdit.bind(editLife, revision, id, edit),
      )
    }
    for (const [order, line] of draft.lines()) {
      if (line === null) {
        writes.push(sql.dropLine.bind(id, order))
        continue
      }
      const { state, quantity, name, price, attempt } = line
      writes.push(
        sql.setLine.bind(
          state,
          quantity,
          name ?? undefined,
          price ?? undefined,
          attempt ?? undefined,
          revision,
          id,
          order,
        ),
      )
    }
    return writes
  }

  return {
    async change<R>(id: ProductId, step: Step<R>, asked?: Millis): Promise<R> {
      const answers: R[] = []
      let isLate = false
      await queue(id, {
        ...step,
        run(draft) {
          isLate = asked !== undefined && isTooLate(asked, clock.now())
          // The steps of others go on.
          if (!isLate) answers[0] = step.run(draft)
        },
      })
      if (isLate) throw tooLate()
      const [answer] = answers
      if (answer === undefined) throw new Error('A step came to no answer.')
      return answer
    },
    async read(id) {
      return toProduct(id, await sql.entries.get(id, [productEntry]))
    },
    async readLine(id, order) {
      const draft = createDraft(id, await sql.entries.all(id, [productEntry, order]))
      return { product: draft.product, line: draft.line(order) }
    },
  }
}

interface WritableDraft extends Draft {
  /** As it was read. */
  readonly before: StoredProduct | null
  readonly revision: string | null
  /** All categories in which the product was, or is. */
  readonly categories: ReadonlySet<string>
  isChanged(): boolean
  isEdited(): boolean
  /** The lines that were changed; null for a dropped one. */
  lines(): readonly (readonly [OrderId, HeldLine | null])[]
}

function createDraft(id: ProductId, rows: readonly EntryRow[]): WritableDraft {
  const byKey = new Map(rows.map((row) => [row.entry, row]))
  const row = byKey.get(productEntry)
  const before = toProduct(id, row)
  const categories = new Set(before === null ? [] : [before.category])
  const changed = new Map<OrderId, HeldLine | null>()
  let product = before
  let edited = false
  return {
    before,
    revision: row?.revision ?? null,
    categories,
    get product() {
      return product
    },
    line: (order) => (changed.has(order) ? (changed.get(order) ?? null) : toLine(byKey.get(order))),
    count(stock) {
      if (product !== null) product = { ...product, ...stock }
    },
    edit(next) {
      product = next
      edited = true
      categories.add(next.category)
    },
    hold: (order, line) => void changed.set(order, line),
    drop: (order) => void changed.set(order, null),
    isChanged: () => changed.size > 0 || product !== before,
    isEdited: () => edited,
    lines: () => [...changed],
  }
}

/** Null also for a row that holds no product: builds that fenced unknown ones left a revision there. */
function toProduct(id: ProductId, row: EntryRow | undefined): StoredProduct | null {
  if (row === undefined) return null
  const { name, price, category, version, description, manufacturer, deleted } = row
  if (name === null || price === null || category === null || version === null) return null
  return {
    ...{ id, name, category, price, version, description, manufacturer },
    deleted: deleted ?? false,
    stocked: row.stocked ?? 0,
    available: row.available ?? 0,
    reserved: row.reserved ?? 0,
    sold: row.sold ?? 0,
  }
}

function toLine(row: EntryRow | undefined): HeldLine | null {
  if (row === undefined || row.state === null || row.quantity === null) return null
  const { state, quantity, name, price, attempt } = row
  return { state, quantity, name, price, attempt }
}

const isEmpty = (value: string | null | undefined): boolean => (value ?? null) === null
