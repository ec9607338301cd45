/** Newest-first lists of orders, paged by a cursor that stays right while new orders come in. */
import { problem } from '../../core/http/problem.ts'
import { inSlices } from '../../core/resilience/in-slices.ts'
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
  }): Promise<Page>
  /** Keeps lists of any shop as short to read as they are to show; for a worker. */
  tend(): Promise<void>
}

/** Orders that are noted at once to have left the lists: two milliseconds of the event loop. */
const tendedAtOnce = 200

/** `retention`: milliseconds that a finished order stays in the lists; 0 keeps it for ever. */
export function createListing(store: OrderStore, clock: Clock, retention: Millis): Listing {
  const restedAfter = () => (retention === 0 ? null : millis(clock.now() - retention))
  return {
    async page({ user, limit, cursor }) {
      const query = {
        // One more than asked for tells whether there is a next page.
        limit: limit + 1,
        after: cursor === null ? null : readCursor(cursor),
        restedAfter: restedAfter(),
      }
      const found = await (user === null ? store.listAll(query) : store.listOfUser(user, query))
      const orders = found.slice(0, limit)
      const last = orders.at(-1)
      const more = found.length > limit && last !== undefined
      return { orders, nextCursor: more ? writeCursor(last) : null }
    },
    tend: () => inSlices(() => store.tendLists(restedAfter(), tendedAtOnce)),
  }
}

const writeCursor = (order: Order): string =>
  Buffer.from(`${order.createdAt}.${order.id}`).toString('base64url')

/** A cursor is a position in a list that the caller may read anyway, so it needs no signature. */
function readCursor(cursor: string): ListPosition {
  const [at = '', id = ''] = Buffer.from(cursor, 'base64url').toString('latin1').split('.')
  if (!/^\d{1,15}$/.test(at) || !isUuid(id)) {
    throw problem('bad_request', { values: { reason: 'The cursor is not valid' } })
  }
  return { createdAt: millis(Number(at)), id: id as OrderId }
}
