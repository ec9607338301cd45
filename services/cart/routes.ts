/** The route table of the cart service. */
import { checkoutBudget } from '../../core/http/admission.ts'
import { ifMatchTags } from '../../core/http/conditional.ts'
import { expectedTotalOf } from '../../core/http/expected-total.ts'
import { fingerprint, idempotencyKey, replay } from '../../core/http/idempotency.ts'
import { jsonType, problemType, Reply } from '../../core/http/reply.ts'
import { route, tagged, type Route } from '../../core/http/route.ts'
import { wantedBy } from '../../core/http/wanted.ts'
import type { ProductId, UserId } from '../../core/values/ids.ts'
import type { Carts } from './carts.ts'
import type { CheckoutAnswer, Checkouts } from './checkout.ts'
import type { Listing } from './listing.ts'
import * as schemas from './schemas.ts'
import type { Views } from './views.ts'
import type { Within } from '../../core/clients/within.ts'

export interface CartRoutesOptions {
  readonly carts: Carts
  readonly checkouts: Checkouts
  readonly views: Views
  readonly listing: Listing
}

const cart = { name: 'Cart', description: 'What the signed-in user is about to order' }

const checkoutErrors = [
  'cart_empty',
  'cart_changed',
  'out_of_stock',
  'price_changed',
  'order_too_large',
  'request_in_progress',
  'idempotency_key_reused',
  'service_unavailable',
  'outcome_unknown',
] as const

export function cartRoutes({
  carts,
  checkouts,
  views,
  listing,
}: CartRoutesOptions): readonly Route[] {
  return tagged(cart, [
    route({
      method: 'GET',
      path: '/cart/',
      operation: 'get_cart',
      access: 'user',
      summary: 'The cart with the catalog’s names and prices',
      success: { status: 200, schema: schemas.Cart },
      errors: ['service_unavailable'],
      handler: async function get_cart(call) {
        return schemas.cartOnTheWire(await carts.view(call.caller.id, call))
      },
    }),
    route({
      method: 'POST',
      path: '/cart/items',
      operation: 'add_to_cart',
      access: 'user',
      summary: 'Puts pieces of a product into the cart, on top of those it holds',
      description: 'One line per product: adding it again adds to its quantity.',
      body: schemas.NewItem,
      success: { status: 200, schema: schemas.Item },
      errors: [
        'product_not_found',
        'out_of_stock',
        'quantity_limit',
        'cart_full',
        'cart_busy',
        'service_unavailable',
      ],
      handler: async function add_to_cart(call) {
        const { product_id, quantity } = call.body
        const product = folded<ProductId>(product_id)
        return schemas.itemOnTheWire(await carts.add(call.caller.id, product, quantity, call))
      },
    }),
    route({
      method: 'PUT',
      path: '/cart/items/:id',
      operation: 'update_cart_item',
      access: 'user',
      summary: 'Sets the quantity of a line, named by its own id or its product’s',
      params: schemas.ItemParams,
      body: schemas.ItemChange,
      success: { status: 200, schema: schemas.Item },
      errors: ['cart_item_not_found', 'out_of_stock', 'cart_busy', 'service_unavailable'],
      handler: async function update_cart_item(call) {
        const { id } = call.params
        const { quantity } = call.body
        return schemas.itemOnTheWire(
          await carts.setQuantity(call.caller.id, folded(id), quantity, call),
        )
      },
    }),
    route({
      method: 'DELETE',
      path: '/cart/items/:id',
      operation: 'remove_from_cart',
      access: 'user',
      summary: 'Takes a line out, named by its own id or its product’s',
      params: schemas.ItemParams,
      success: { status: 200, schema: schemas.Message },
      errors: ['cart_item_not_found', 'cart_busy'],
      handler: async function remove_from_cart(call) {
        await carts.remove(call.caller.id, folded(call.params.id))
        return { message: 'Item removed from cart' }
      },
    }),
    route({
      method: 'DELETE',
      path: '/cart/',
      operation: 'clear_cart',
      access: 'user',
      summary: 'Takes everything out',
      success: { status: 200, schema: schemas.Message },
      errors: ['cart_busy'],
      handler: async function clear_cart(call) {
        await carts.clear(call.caller.id)
        return { message: 'Cart cleared' }
      },
    }),
    route({
      method: 'POST',
      path: '/cart/checkout',
      operation: 'checkout',
      checkout: true,
      access: 'user',
      summary: 'Orders what the cart holds; a repeated request makes no second order',
      description:
        'The order has the prices of this moment; with `expected_total` it is placed at that total or not at all, with `If-Match` as the cart was when it had that revision or not at all. What was added while it was placed stays in the cart. Without an `Idempotency-Key`, clicks that come while a checkout runs get its order.',
      body: schemas.CheckoutBody,
      bodyOptional: true,
      headers: ['idempotency-key', 'if-match'],
      budget: checkoutBudget,
      success: { status: 200, schema: schemas.Order },
      errors: [...checkoutErrors],
      handler: async function checkout(call) {
        const wish = { key: idempotencyKey(call), ifMatch: call.header('if-match') }
        return order(call.caller.id, { ...wish, body: call.body ?? {} }, call)
      },
    }),
    route({
      method: 'GET',
      path: '/carts/',
      operation: 'list_carts',
      access: 'admin',
      summary: 'The carts of all users, those that have expired left out',
      query: schemas.ListCarts,
      success: { status: 200, schema: schemas.UserCarts, headers: ['link'] },
      errors: ['bad_request', 'service_unavailable'],
      handler: async function list_carts(call) {
        const { limit = 100, cursor = null } = call.query
        const page = await listing.page(
          { limit, cursor },
          { deadline: call.deadline, trace: call.trace, wanted: wantedBy(call) },
        )
        const shown = page.carts.map(schemas.userCartOnTheWire)
        if (page.nextCursor === null) return shown
        const link = `<?limit=${limit}&cursor=${page.nextCursor}>; rel="next"`
        return call.reply(shown, { link })
      },
    }),
    route({
      method: 'POST',
      path: '/products/:id/view',
      operation: 'view_product',
      access: 'user',
      summary: 'Notes that the caller looks at a product',
      params: schemas.ProductParams,
      success: { status: 200, schema: schemas.Message },
      errors: ['product_not_found', 'service_unavailable'],
      handler: async function view_product(call) {
        await views.note(call.caller.id, folded(call.params.id), call)
        return { message: 'View noted' }
      },
    }),
    route({
      method: 'GET',
      path: '/products/recent-views',
      operation: 'get_recent_views',
      access: 'user',
      summary: 'The products that the caller looked at last, newest first',
      success: { status: 200, schema: schemas.RecentViews },
      errors: [],
      handler: async function get_recent_views(call) {
        return schemas.viewsOnTheWire(await views.recent(call.caller.id))
      },
    }),
    ...internalRoutes(),
  ])

  function internalRoutes(): readonly Route[] {
    return [
      route({
        method: 'POST',
        path: '/internal/cart',
        operation: 'get_cart_of_user',
        access: 'service:user',
        summary: 'The cart of a user',
        body: schemas.InternalCart,
        success: { status: 200, schema: schemas.Cart },
        errors: ['service_unavailable'],
        handler: async function get_cart_of_user(call) {
          return schemas.cartOnTheWire(await carts.view(folded<UserId>(call.body.user_id), call))
        },
      }),
      route({
        method: 'POST',
        path: '/internal/checkout',
        operation: 'checkout_of_user',
        access: 'service:user',
        summary: 'Orders what the cart of a user holds',
        body: schemas.InternalCheckout,
        budget: checkoutBudget,
        success: { status: 200, schema: schemas.Order },
        errors: [...checkoutErrors],
        handler: async function checkout_of_user(call) {
          const { user_id, idempotency_key: key, if_match: ifMatch = null } = call.body
          return order(folded<UserId>(user_id), { key, ifMatch, body: call.body }, call)
        },
      }),
    ]
  }

  async function order(
    user: UserId,
    wish: {
      readonly key: string | null
      /** The header as the client sent it. */
      readonly ifMatch: string | null
      readonly body: { readonly expected_total?: number }
    },
    { deadline, trace }: Within,
  ): Promise<Reply> {
    const expectedTotal = expectedTotalOf(wish.body)
    const answer = await checkouts.checkout({
      user,
      key: wish.key,
      // Of what the client itself said; both routes ask for the same operation.
      fingerprint: fingerprint(expectedTotal === null ? {} : { expected_total: expectedTotal }),
      expectedTotal,
      ifMatch: wish.ifMatch === null ? null : ifMatchTags(wish.ifMatch),
      deadline,
      trace,
    })
    return replyOf(answer)
  }
}

function replyOf(answer: CheckoutAnswer): Reply {
  const type = answer.status === 200 ? jsonType : problemType
  return answer.replayed
    ? replay(answer, type)
    : new Reply(answer.status, { 'content-type': type }, answer.body)
}

/** Ids compare as text, so they are folded to lower case where they come in. */
const folded = <Id extends string>(text: string): Id => text.toLowerCase() as Id
