/** What the catalog needs of a store, in domain words; every implementation passes one conformance suite. */
import type { Eventually } from '../../core/values/eventually.ts'
import type { OrderId, ProductId } from '../../core/values/ids.ts'
import type { Minor } from '../../core/values/money.ts'
import type { Millis } from '../../core/values/time.ts'

/** What a listing shows of a product. */
export interface ListedProduct {
  readonly id: ProductId
  readonly name: string
  readonly category: string
  readonly price: Minor
  /** Counts the changes of the product, from 1; sales and restocking do not count. */
  readonly version: number
}

export interface Product extends ListedProduct {
  readonly description: string | null
  readonly manufacturer: string | null
  /** Out of every listing; open orders still commit and release. */
  readonly deleted: boolean
}

export interface StockedProduct extends Product {
  /** Pieces that can be bought now. */
  readonly available: number
}

export interface NewProduct {
  readonly id: ProductId
  readonly name: string
  readonly category: string
  readonly price: Minor
  readonly description: string | null
  readonly manufacturer: string | null
  readonly available: number
}

/** Pieces of one product that can be bought at most: sums of all products stay safe integers. */
export const maxStock = 1_000_000_000

/** Fields to change; what is absent stays. */
export interface ProductChanges extends Partial<Omit<NewProduct, 'id'>> {
  /** Pieces to add to what can be bought now, or to take from it; not beside `available`. */
  readonly availableDelta?: number
}

/** A product's state as a client read it, and as its entity tag names it. */
export type ProductState = Pick<StockedProduct, 'version' | 'available'>

/** Raised by every write that changes what a listing of the category shows. */
export interface CategoryVersion {
  readonly category: string
  readonly version: number
}

/** A product after a write, and the new versions of the categories whose listings it touched. */
export interface Written {
  readonly product: StockedProduct
  /** The old and the new category of a product that moved; empty when no listing changed. */
  readonly touched: readonly CategoryVersion[]
}

export type UpdateResult =
  | ({ readonly kind: 'updated' } & Written)
  | { readonly kind: 'missing' }
  | { readonly kind: 'version_mismatch' }
  /** What could be bought would fall below 0 or rise above `maxStock`. */
  | { readonly kind: 'stock_out_of_range' }

export type RemoveResult = ({ readonly kind: 'removed' } & Written) | { readonly kind: 'missing' }

export interface SeedLease {
  /** A UUID of the process. */
  readonly owner: string
  readonly now: Millis
  /** Anybody may take it over from then on. */
  readonly until: Millis
}

/**
 * Products and categories. Every method throws (or rejects with) the problem `store_unavailable`
 * when the store cannot be used; a write is durable when its promise resolves.
 */
export interface ProductStore {
  /** The product with its stock, also when it is deleted; null when there never was one. */
  find(id: ProductId): Eventually<StockedProduct | null>
  /**
   * Products of a category that are not deleted, in the order of their ids, at most `limit` of them
   * after the id `after` (null: from the start).
   */
  listed(
    category: string,
    after: ProductId | null,
    limit: number,
  ): Eventually<readonly ListedProduct[]>
  /** All categories that ever held a product, with their current versions. */
  categories(): Eventually<readonly CategoryVersion[]>
  create(product: NewProduct): Promise<Written>
  /**
   * Changes a product that is not deleted. Its version rises when a field other than the stock got
   * another value. `available` sets what can be bought now and moves `stocked` by the same delta;
   * `availableDelta` does so by the delta itself.
   *
   * @param ifStates states one of which the product must have; the stock counts only where
   *   `available` is set; null: any
   */
  update(
    id: ProductId,
    changes: ProductChanges,
    ifStates: readonly ProductState[] | null,
  ): Promise<UpdateResult>
  /** Deletes softly: reservations of the product live on. */
  remove(id: ProductId): Promise<RemoveResult>
  /** Products that a chunk of a seed should hold. */
  readonly seedChunk: number
  /** How many products of a seed have been written. */
  seeded(seed: string): Eventually<number>
  /**
   * Takes or renews the lease on a seed, so that one copy writes it while the others wait: false while
   * another owner holds it. An embedded store has one owner, who always gets it.
   */
  claimSeed(seed: string, lease: SeedLease): Eventually<boolean>
  /**
   * Writes one chunk of a seed together with its progress. A product that exists already stays as
   * it is, whatever has become of it.
   *
   * @param done products of the seed that are written after this chunk
   */
  seed(seed: string, products: readonly NewProduct[], done: number): Promise<void>
}

/** Pieces of one product; `stocked = available + reserved + sold`, none below zero, at all times. */
export interface Stock {
  readonly stocked: number
  readonly available: number
  readonly reserved: number
  readonly sold: number
}

export interface OrderLine {
  readonly productId: ProductId
  /** Pieces, at least 1. */
  readonly quantity: number
}

/** A line as it was reserved: name and price stay what they were at that moment. */
export interface ReservedLine extends OrderLine {
  readonly name: string
  readonly price: Minor
}

export interface ShortLine {
  readonly productId: ProductId
  readonly requested: number
  /** What could be bought; 0 for a product that is unknown or deleted. */
  readonly available: number
}

export type ReserveResult =
  | {
      readonly kind: 'reserved'
      /** `committed` when the order was committed before this repetition. */
      readonly state: 'reserved' | 'committed'
      /** In the order of product ids. */
      readonly lines: readonly ReservedLine[]
      /** False when the reservation existed already and nothing was changed. */
      readonly fresh: boolean
    }
  /** Nothing was reserved; the lines that fall short. */
  | { readonly kind: 'out_of_stock'; readonly lines: readonly ShortLine[] }
  /** The order was released before: the fence holds. */
  | { readonly kind: 'released' }
  /** The order has a reservation of other lines. */
  | { readonly kind: 'differs' }

export type CommitResult =
  | { readonly kind: 'committed' }
  | { readonly kind: 'released' }
  /** A product of the lines was never reserved for this order. */
  | { readonly kind: 'missing' }

export type ReleaseResult = { readonly kind: 'released' } | { readonly kind: 'committed' }

/**
 * Stock and its reservations. Lines are merged and in the order of product ids (`mergeLines`). Every
 * operation takes effect on all lines or on none, and repeating it changes nothing:
 *
 * ```
 *              reserve            commit              release                forget
 *  (none)      -> reserved        refused: missing    -> released (fenced)   (none)
 *  reserved    same answer        -> committed        -> released            reserved
 *  committed   same answer        same answer         refused: committed     -> (none)
 *  released    refused: released  refused: released   same answer            -> (none)
 * ```
 *
 * The fence: a release leaves a mark also where nothing was reserved, so that a reserve which comes
 * after it, however late, cannot take stock for an order that was given up.
 *
 * Fences and settled reservations end, for they are as many as there were orders. Three times make it
 * safe, `latest` being an hour (`core/resilience/asked-at.ts`) and the retention a day:
 *
 * ```
 *   order service   asks ─────► confirms: entry out of the outbox ──── a day ───► asks to forget
 *   catalog          └ refused from here on: asked + an hour             fence gone ┘
 * ```
 * - Nobody asks for an order anew once its release or commit is confirmed: the entry is gone, and the
 *   row is REJECTED, CANCELLED or DELIVERED. Time alone forgets nothing: while the entry waits, for
 *   however long, so does the fence.
 * - Whatever was asked before, and lies in a buffer or in a process that stands still, is refused an hour
 *   after it was asked for, in the very step that would write, by the catalog's clock.
 * - So between the last request that can change anything and the forgetting there are 23 hours, which
 *   two machines' clocks may differ by.
 *
 * `sold` counts per product, so the sums hold without the rows of what was sold.
 *
 * `asked` is when the caller last knew that the operation was wanted; now, unless given.
 */
export interface StockStore {
  /** Moves the lines from available to reserved, at the current names and prices. */
  reserve(order: OrderId, lines: readonly OrderLine[], asked?: Millis): Promise<ReserveResult>
  /** Moves what was reserved to sold; the reservation's own quantities count, not the caller's. */
  commit(order: OrderId, lines: readonly OrderLine[], asked?: Millis): Promise<CommitResult>
  /** Moves what was reserved back to available, and fences the order. */
  release(order: OrderId, lines: readonly OrderLine[], asked?: Millis): Promise<ReleaseResult>
  /**
   * Drops what is kept of orders that were committed or released; of others it drops nothing. Only
   * for orders whose end was confirmed a day ago: from then on nothing tells a late reserve from a new one.
   */
  forget(orders: readonly OrderId[], asked?: Millis): Promise<void>
  /** The counters of a product, also when it is deleted; null when there never was one. */
  stock(product: ProductId): Eventually<Stock | null>
  /** Products whose counters do not add up: 0, unless somebody wrote past the rules. */
  stockViolations(): Eventually<number>
}

export interface CatalogStore extends ProductStore, StockStore {
  /** Throws the problem `store_unavailable` when the store does not answer. */
  check(): Eventually<void>
  close(): Promise<void>
}
