/** Newest-first lists of orders, paged by a cursor that stays right while new orders come in. */
import { problem } from '../../core/http/problem.ts'
import { sweep } from '../../core/resilience/sweep.ts'
import type { Wanted } from '../../core/http/wanted.ts'
import { isUuid, type OrderId, type UserId } from '../../core/values/ids.ts'
import { millis, type Clock, type Millis } from '../../core/values/time.ts'
import type { Order } from './order.ts'
import type { ListPosition, OrderStore } from './store.ts'

export interface Page {
  readonly orders: readonly Order[]
  /** Where the next page starts; null on the last one. */
  readonly nextCursor: string | null
}

export interface Listing {
  /** A page of one user's orders, or of everybody's for null. Throws `bad_request` for a bad cursor. */
  page(query: {
    readonly user: UserId | null
    readonly limit: number
    readonly cursor: string | null
    readonly wanted: Wanted
  }): Promise<Page>
  /** Keeps lists of any shop as short to read as they are to show; for a worker. */
  tend(isStopping: () => boolean): Promise<void>
}

/** `retention`: milliseconds that a finished order stays in the lists; 0 keeps it for ever. */
export function createListing(store: OrderStore, clock: Clock, retention: Millis): Listing {
  const restedAfter = () => (retention === 0 ? null : millis(clock.now() - retention))
  return {
    async page({ user, limit, cursor, wanted }) {
      const query = {
        // One more than asked for tells whether there is a next page.
        limit: limit + 1,
        after: cursor === null ? null : readCursor(cursor, clock.now()),
        restedAfter: restedAfter(),
        wanted,
      }
      const found = await (user === null ? store.listAll(query) : store.listOfUser(user, query))
      const orders = found.slice(0, limit)
      const last = orders.at(-1)
      const more = found.length > limit && last !== undefined
      return { orders, nextCursor: more ? writeCursor(last) : null }
    },
    tend: (isStopping) => sweep((limit) => store.tendLists(restedAfter(), limit), isStopping),
  }
}

const writeCursor = (order: Order): string =>
  Buffer.from(`${order.createdAt}.${order.id}`).toString('base64url')

/** How far another copy's clock may be ahead of this one, in milliseconds. */
const clockSkew = 60_000

/**
 * A cursor is a position in a list that the caller may read anyway, so it needs no signature. But its
 * time is where a store begins to read, so it must be one that an order can have.
 */
function readCursor(cursor: string, now: Millis): ListPosition {
  const [at = '', id = ''] = Buffer.from(cursor, 'base64url').toString('latin1').split('.')
  if (!/^\d{1,15}$/.test(at) || Number(at) > now + clockSkew || !isUuid(id)) {
    throw problem('bad_request', { values: { reason: 'The cursor is not valid' } })
  }
  return { createdAt: millis(Number(at)), id: id as OrderId }
}
