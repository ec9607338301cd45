/** The route table of the user service. */
import type { UserCaller } from '../../core/http/caller.ts'
import type { JwkSet } from '../../core/auth/keys.ts'
import { checkoutBudget } from '../../core/http/admission.ts'
import { expectedTotalOf } from '../../core/http/expected-total.ts'
import { idempotencyKey } from '../../core/http/idempotency.ts'
import { problem } from '../../core/http/problem.ts'
import { jsonType, Reply } from '../../core/http/reply.ts'
import { route, tagged, type Route } from '../../core/http/route.ts'
import { invalid } from '../../core/http/validation.ts'
import { keepFrame } from '../../core/profiling/keep-frame.ts'
import type { Accounts } from './accounts.ts'
import { internalRoutes, type InternalRoutesOptions } from './internal-routes.ts'
import { notificationRoutes, type NotificationRoutesOptions } from './notification-routes.ts'
import type { Carts, Orders } from './peers.ts'
import type { ChangePassword } from './password-change.ts'
import type { Profiles } from './profile.ts'
import * as schemas from './schemas.ts'
import type { Sessions, Tokens } from './sessions.ts'
import type { UserStore } from './store.ts'
import type { User } from './users.ts'

export interface UserRoutesOptions extends InternalRoutesOptions, NotificationRoutesOptions {
  readonly accounts: Accounts
  readonly changePassword: ChangePassword
  readonly sessions: Sessions
  readonly profiles: Profiles
  readonly carts: Carts
  readonly orders: Orders
  readonly store: Pick<UserStore, 'userById' | 'changeProfile' | 'revocations'>
  /** The public keys of access tokens as they are now; the same object while they are the same. */
  readonly keySet: () => JwkSet
}

/** Larger than any log-in or registration; a password is at most 128 characters. */
const smallBody = 8 * 1024

const accountTag = { name: 'Accounts', description: 'Registering, signing in and signing out' }
const ownTag = { name: 'Own', description: 'What belongs to the signed-in user' }

export function userRoutes(options: UserRoutesOptions): readonly Route[] {
  return [
    ...tagged(accountTag, accountRoutes(options)),
    ...tagged(ownTag, [...ownRoutes(options), ...notificationRoutes(options)]),
    ...internalRoutes(options),
  ]
}

function accountRoutes({
  accounts,
  changePassword,
  sessions,
  keySet,
}: UserRoutesOptions): readonly Route[] {
  const keys = renderedOnce(keySet)
  return [
    route({
      method: 'POST',
      path: '/users/register',
      operation: 'register_user',
      access: 'public',
      summary: 'Registers a user; the role is always "user"',
      body: schemas.Registration,
      bodyLimit: smallBody,
      success: { status: 200, schema: schemas.User },
      errors: ['username_taken', 'overloaded'],
      handler: async function register_user({ body, address }) {
        const user = await accounts.register(
          {
            username: body.username,
            password: body.password,
            fullName: body.full_name,
            phone: phoneOf(body.phone) ?? null,
          },
          address,
        )
        return schemas.userOnTheWire(user, 0)
      },
    }),
    route({
      method: 'POST',
      path: '/token',
      operation: 'create_token',
      access: 'public',
      summary: 'Signs in by password, or goes on with a refresh token',
      description:
        'With `grant_type=refresh_token` a refresh token takes the place of name and password. It works once: for 10 s it gets the same successor again, as for two tabs or a lost answer; using it later ends its whole session.',
      body: schemas.TokenRequest,
      accepts: ['form'],
      bodyLimit: smallBody,
      success: { status: 200, schema: schemas.Tokens },
      errors: ['login_failed', 'refresh_token_invalid', 'too_many_attempts', 'overloaded'],
      handler: async function create_token(call) {
        const { grant_type = 'password', ...fields } = call.body
        if (grant_type === 'refresh_token') {
          const refreshToken = required('refresh_token', fields.refresh_token)
          return call.reply(tokensOnTheWire(await sessions.refresh(refreshToken)), notStored)
        }
        const user = await accounts.authenticate({
          username: required('username', fields.username),
          password: required('password', fields.password),
          address: call.address,
          deadline: call.deadline,
        })
        return call.reply(tokensOnTheWire(await sessions.open(user)), notStored)
      },
    }),
    route({
      method: 'POST',
      path: '/logout',
      operation: 'logout',
      access: 'user',
      summary: 'Ends the session of the token',
      success: { status: 204, schema: null },
      errors: [],
      handler: async function logout({ caller }) {
        await sessions.end(caller.session)
        return null
      },
    }),
    route({
      method: 'POST',
      path: '/logout-all',
      operation: 'logout_all',
      access: 'user',
      summary: 'Ends all sessions of the user',
      success: { status: 204, schema: null },
      errors: [],
      handler: async function logout_all({ caller }) {
        await sessions.endAll(caller.id)
        return null
      },
    }),
    route({
      method: 'POST',
      path: '/users/me/password',
      operation: 'change_password',
      access: 'user',
      summary: 'Changes the password and ends all other sessions of the user',
      body: schemas.PasswordChange,
      bodyLimit: smallBody,
      success: { status: 204, schema: null },
      errors: ['password_wrong', 'password_unchanged', 'too_many_attempts', 'overloaded'],
      handler: async function change_password({ caller, body, address, deadline }) {
        await changePassword({
          user: caller.id,
          session: caller.session,
          current: body.current_password,
          next: body.new_password,
          address,
          deadline,
        })
        return null
      },
    }),
    route({
      method: 'GET',
      path: '/.well-known/jwks.json',
      operation: 'get_jwks',
      access: 'public',
      summary: 'Public keys of access tokens (RFC 7517)',
      success: { status: 200, schema: schemas.KeySet },
      errors: [],
      handler: function get_jwks() {
        return keepFrame(keys())
      },
    }),
  ]
}

function ownRoutes(options: UserRoutesOptions): readonly Route[] {
  const { profiles, carts, orders, store } = options

  /** A token outlives its user only where the store was put back to an older copy. */
  async function known({ id }: UserCaller): Promise<User> {
    const user = await store.userById(id)
    if (user === null) throw problem('not_authenticated')
    return user
  }

  return [
    route({
      method: 'GET',
      path: '/users/me',
      operation: 'get_me',
      access: 'user',
      summary: 'The signed-in user',
      success: { status: 200, schema: schemas.User },
      errors: [],
      handler: async function get_me(call) {
        return profiles.user(await known(call.caller), call)
      },
    }),
    route({
      method: 'PUT',
      path: '/users/me',
      operation: 'update_me',
      access: 'user',
      summary: 'Changes name or phone; an empty phone removes it',
      body: schemas.ProfileChanges,
      accepts: ['form', 'json'],
      bodyLimit: smallBody,
      success: { status: 200, schema: schemas.User },
      errors: [],
      handler: async function update_me(call) {
        const { full_name: fullName, phone } = call.body
        const user = await store.changeProfile(call.caller.id, {
          ...(fullName !== undefined && { fullName }),
          ...(phone !== undefined && { phone: phoneOf(phone) ?? null }),
        })
        if (user === null) throw problem('not_authenticated')
        return profiles.user(user, call)
      },
    }),
    route({
      method: 'GET',
      path: '/users/me/profile',
      operation: 'get_user_profile',
      access: 'user',
      summary: 'The user with cart total and orders; what cannot be had is named in "degraded"',
      description:
        'A service that does not answer in time leaves its part empty and its name in `degraded`.',
      success: { status: 200, schema: schemas.Profile },
      errors: [],
      handler: async function get_user_profile(call) {
        return profiles.profile(await known(call.caller), call)
      },
    }),
    route({
      method: 'GET',
      path: '/users/me/orders',
      operation: 'list_my_orders',
      access: 'user',
      summary: 'The user’s orders, newest first',
      query: schemas.OrdersQuery,
      success: { status: 200, schema: schemas.OrderSummaries, headers: ['link'] },
      errors: ['bad_request', 'service_unavailable'],
      handler: async function list_my_orders(call) {
        const { limit = 100, cursor } = call.query
        const page = await orders.list(call.caller.id, { limit, cursor }, call)
        if (page.nextCursor === null) return [...page.orders]
        const next = `limit=${limit}&cursor=${encodeURIComponent(page.nextCursor)}`
        return call.reply(page.orders, { link: `<?${next}>; rel="next"` })
      },
    }),
    route({
      method: 'POST',
      path: '/users/me/orders',
      operation: 'checkout_my_cart',
      checkout: true,
      access: 'user',
      summary: 'Orders what is in the cart',
      description:
        'The same as the cart’s own checkout: with `expected_total` at that total or not at all, with `If-Match` as the cart was when it had that revision or not at all.',
      body: schemas.Checkout,
      bodyOptional: true,
      headers: ['idempotency-key', 'if-match'],
      budget: checkoutBudget,
      success: { status: 200, schema: schemas.Order },
      errors: [
        'cart_empty',
        'cart_changed',
        'out_of_stock',
        'price_changed',
        'order_too_large',
        'idempotency_key_reused',
        'outcome_unknown',
      ],
      handler: async function checkout_my_cart(call) {
        // Checked here, so that a wrong amount is told as the client wrote it.
        expectedTotalOf(call.body ?? {})
        const wish = {
          key: idempotencyKey(call),
          ifMatch: call.header('if-match'),
          expectedTotal: call.body?.expected_total,
        }
        return carts.checkout(call.caller.id, wish, call)
      },
    }),
    route({
      method: 'GET',
      path: '/users/me/cart',
      operation: 'get_my_cart',
      access: 'user',
      summary: 'The user’s cart',
      success: { status: 200, schema: schemas.Cart },
      errors: ['service_unavailable'],
      handler: async function get_my_cart(call) {
        return carts.cart(call.caller.id, call)
      },
    }),
    route({
      method: 'GET',
      path: '/users/me/total-spent',
      operation: 'get_total_spent',
      access: 'user',
      summary: 'All that the user ordered and did not cancel',
      success: { status: 200, schema: schemas.TotalSpent },
      errors: ['service_unavailable'],
      handler: async function get_total_spent(call) {
        return { total_spent: await orders.totalSpent(call.caller.id, call) }
      },
    }),
  ]
}

/** RFC 6749, section 5.1. */
const notStored = { 'cache-control': 'no-store' }

const tokensOnTheWire = (tokens: Tokens) => ({
  access_token: tokens.accessToken,
  token_type: 'bearer',
  expires_in: tokens.expiresIn,
  refresh_token: tokens.refreshToken,
})

function required(name: string, value: string | undefined): string {
  if (value === undefined) throw invalid([{ path: `/${name}`, message: 'is required' }])
  return value
}

/** A form cannot say null, so an empty number means none. */
const phoneOf = (phone: string | null | undefined): string | null | undefined =>
  phone === '' ? null : phone

/** The answer with the keys, rendered again only when they have changed. */
function renderedOnce(keySet: () => JwkSet): () => Reply {
  const headers = { 'content-type': jsonType, 'cache-control': 'public, max-age=300' }
  const render = (set: JwkSet): Reply => new Reply(200, headers, JSON.stringify(set))
  let shown = keySet()
  let reply = render(shown)
  return () => {
    const set = keySet()
    if (set !== shown) {
      shown = set
      reply = render(set)
    }
    return reply
  }
}
