/** The order service as a checkout sees it: each answer told apart by what is known after it. */
import {
  UpstreamFailure,
  type Answer,
  type ServiceClient,
} from '../../core/clients/service-client.ts'
import { isReplayed, type StoredAnswer } from '../../core/http/idempotency.ts'
import { compileValidator } from '../../core/http/validation.ts'
import type { CheckoutId, UserId } from '../../core/values/ids.ts'
import { fromMinor, toMinor, type Minor } from '../../core/values/money.ts'
import { PlacedOrder, Refusal } from './schemas.ts'
import type { OpenCheckout } from './store.ts'
import type { Within } from '../../core/clients/within.ts'

/** What the order service said of an order, whoever's checkout it came from. */
interface Said {
  /** Its answer, byte for byte. */
  readonly answer: StoredAnswer
  /** True when it had been given before. */
  readonly replayed: boolean
  /**
   * The checkout that the order came from. Another one than the asking checkout where its key is
   * older than the cart's memory of it: then the order stood long before.
   */
  readonly checkoutId: CheckoutId | null
}

export type Placed =
  | ({ readonly kind: 'made'; readonly total: Minor } & Said)
  /** For lack of stock; final. */
  | ({ readonly kind: 'rejected' } & Said)
  /** The total is not the expected one. Nothing was decided for good: the key is free. */
  | ({ readonly kind: 'price_changed' } & Said)
  /** A refusal that no repetition changes: past a limit, or a defect on one of the two sides. */
  | ({ readonly kind: 'impossible' } & Said)
  /** Somebody else drives this very order right now. */
  | { readonly kind: 'running' }
  /** The order service has not begun anything by this call. */
  | { readonly kind: 'refused'; readonly cause: unknown }
  /** The order may stand, may come to stand, or neither. */
  | { readonly kind: 'unknown'; readonly cause: unknown }

/** What became of an order that an earlier checkout may have placed. */
export type Found =
  | Extract<Placed, { kind: 'made' | 'rejected' | 'running' }>
  /** There is none, and none was made by asking. */
  | { readonly kind: 'none' }
  | { readonly kind: 'unknown'; readonly cause: unknown }

export interface Orders {
  /**
   * Places the order of a checkout, or finds out what became of it. The order service knows the order
   * by its id, so asking again places nothing twice. Never throws for what the other side does.
   */
  place(checkout: OpenCheckout, within: Within): Promise<Placed>

  /** Looks for the order that a user's key stands for. Never throws for what the other side does. */
  find(user: UserId, key: string, within: Within): Promise<Found>
}

/** Says whose checkout an order came from. */
const checkoutHeader = 'order-checkout'

/** Statuses that come before the handler over there: of the token, the route, the load. */
const beforeHandler = new Set([401, 403, 404, 405, 429])

export function createOrders(client: ServiceClient): Orders {
  const readOrder = compileValidator(PlacedOrder)
  const readRefusal = compileValidator(Refusal)

  async function ask(checkout: OpenCheckout, { deadline, trace }: Within): Promise<Answer> {
    return client.call({
      method: 'POST',
      path: '/internal/orders',
      body: {
        user_id: checkout.userId,
        checkout_id: checkout.id,
        idempotency_key: checkout.key,
        items: checkout.lines.map(({ productId, quantity, seenPrice }) => ({
          product_id: productId,
          quantity,
          ...(seenPrice !== undefined && { price: fromMinor(seenPrice) }),
        })),
        ...(checkout.expectedTotal !== null && {
          expected_total: fromMinor(checkout.expectedTotal),
        }),
      },
      idempotent: true,
      deadline,
      trace,
    })
  }

  function read(answer: Answer): Placed {
    const said: Said = {
      answer: { status: answer.status, body: answer.text },
      replayed: isReplayed(answer),
      // Sent by the order service, which took it from a checkout of ours.
      checkoutId: answer.header(checkoutHeader) as CheckoutId | null,
    }
    if (answer.status === 200) {
      const total = toMinor(readOrder(answer.json()).total)
      if (total === null) throw new Error('The total of an order has more than two decimals.')
      return { kind: 'made', total, ...said }
    }
    if (beforeHandler.has(answer.status)) {
      return { kind: 'refused', cause: new Error(`The order service answered ${answer.status}.`) }
    }
    const { code } = readRefusal(answer.json())
    if (code === 'out_of_stock') return { kind: 'rejected', ...said }
    if (code === 'price_changed') return { kind: 'price_changed', ...said }
    if (code === 'request_in_progress') return { kind: 'running' }
    return { kind: 'impossible', ...said }
  }

  function readFound(answer: Answer): Found {
    // Any other 404 is a route that is not there yet, and says nothing of the order.
    if (answer.status === 404 && readRefusal(answer.json()).code === 'order_not_found') {
      return { kind: 'none' }
    }
    const placed = read(answer)
    switch (placed.kind) {
      case 'made':
      case 'rejected':
      case 'running':
        return placed
      default:
        return { kind: 'unknown', cause: new Error(`The order service answered ${answer.status}.`) }
    }
  }

  return {
    async place(checkout, within) {
      try {
        return read(await ask(checkout, within))
      } catch (cause) {
        const refused = cause instanceof UpstreamFailure && cause.sent === 'no'
        return { kind: refused ? 'refused' : 'unknown', cause }
      }
    },
    async find(user, key, { deadline, trace }) {
      try {
        const answer = await client.call({
          method: 'POST',
          path: '/internal/orders/find',
          body: { user_id: user, idempotency_key: key },
          idempotent: true,
          deadline,
          trace,
        })
        return readFound(answer)
      } catch (cause) {
        return { kind: 'unknown', cause }
      }
    },
  }
}
