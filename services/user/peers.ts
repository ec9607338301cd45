/** What the user service asks the cart and the order service on a user's behalf. */
import type { Static, TSchema } from 'typebox'
import { batched } from '../../core/clients/batches.ts'
import {
  UpstreamFailure,
  type Answer,
  type ServiceClient,
} from '../../core/clients/service-client.ts'
import type { Within } from '../../core/clients/within.ts'
import { problem } from '../../core/http/problem.ts'
import { jsonType, problemType, Reply } from '../../core/http/reply.ts'
import { compileValidator } from '../../core/http/validation.ts'
import { deadlineIn } from '../../core/resilience/deadline.ts'
import { inTime } from '../../core/resilience/in-time.ts'
import type { UserId } from '../../core/values/ids.ts'
import type { ServiceName } from '../../core/values/service-name.ts'
import { CartTotal, OrderPage, Spending, type OrderSummaryOnTheWire } from './schemas.ts'

/** What a client says of the checkout that it asks for. */
export interface CheckoutWish {
  readonly key: string | null
  /** The header `If-Match` as it came. */
  readonly ifMatch: string | null
  readonly expectedTotal: number | undefined
}

export interface Carts {
  /** The cart's bytes as the cart service sent them. */
  cart(user: UserId, within: Within): Promise<Reply>
  total(user: UserId, within: Within): Promise<number>
  /** The cart service's own answer to a checkout, refusals included. @throws outcome_unknown */
  checkout(user: UserId, wish: CheckoutWish, within: Within): Promise<Reply>
}

export interface OrdersPage {
  readonly orders: readonly OrderSummaryOnTheWire[]
  readonly nextCursor: string | null
}

export interface Orders {
  /** Newest first. @throws bad_request for a cursor that is none */
  list(
    user: UserId,
    page: { readonly limit: number; readonly cursor?: string | undefined },
    within: Within,
  ): Promise<OrdersPage>
  /** All that was ordered and not cancelled, as clients see amounts. */
  totalSpent(user: UserId, within: Within): Promise<number>
}

/** Answers to a checkout that are about the user's cart; any other is about us and our peer. */
const checkoutAnswers = new Set([200, 400, 409, 412, 422, 429])

/** Users in one question about spending, which is what the order service takes at once. */
const maxUsers = 100
/** Enough to keep the order service busy from one process; more would only make the batches smaller. */
const maxCalls = 8
/** A call in milliseconds: it serves several requests, so none of their deadlines is its own. */
const callBudget = 1_000

export function createCarts(client: ServiceClient): Carts {
  const readTotal = reader('cart', CartTotal)
  const ask = (user: UserId, { deadline, trace }: Within): Promise<Answer> =>
    client.call({
      method: 'POST',
      path: '/internal/cart',
      body: { user_id: user },
      idempotent: true,
      deadline,
      trace,
    })
  return {
    async cart(user, within) {
      const answer = await ask(user, within)
      readTotal(answer)
      return new Reply(200, { 'content-type': jsonType }, answer.text)
    },
    async total(user, within) {
      return readTotal(await ask(user, within)).total
    },
    async checkout(user, { key, ifMatch, expectedTotal }, { deadline, trace }) {
      const answer = await client
        .call({
          method: 'POST',
          path: '/internal/checkout',
          body: {
            user_id: user,
            idempotency_key: key,
            ...(expectedTotal !== undefined && { expected_total: expectedTotal }),
            ...(ifMatch !== null && { if_match: ifMatch }),
          },
          // The cart retries what can be retried; one layer does, or one click becomes nine.
          idempotent: false,
          deadline,
          trace,
        })
        .catch(asUnknownOutcome)
      if (!checkoutAnswers.has(answer.status)) throw unexpected('cart', `answered ${answer.status}`)
      return passedThrough(answer)
    },
  }
}

export function createOrders(client: ServiceClient): Orders {
  const readPage = reader('order', OrderPage)
  const readSpending = reader('order', Spending)

  async function ask(users: readonly UserId[], { trace }: Within) {
    const answer = await client.call({
      method: 'POST',
      path: '/internal/spending',
      body: { user_ids: users },
      idempotent: true,
      deadline: deadlineIn(callBudget),
      trace,
    })
    const { spending } = readSpending(answer)
    return new Map(spending.map((each) => [each.user_id as UserId, each.total_spent]))
  }
  // What every signed-in page asks; a call for each held users/me at a quarter of its rate.
  const look = batched({ maxKeys: maxUsers, maxCalls, load: ask })

  return {
    async list(user, { limit, cursor }, { deadline, trace }) {
      const answer = await client.call({
        method: 'POST',
        path: '/internal/orders/list',
        body: { user_id: user, limit, ...(cursor !== undefined && { cursor }) },
        idempotent: true,
        deadline,
        trace,
      })
      if (cursor !== undefined && (answer.status === 400 || answer.status === 422)) {
        throw problem('bad_request', { values: { reason: 'The cursor is not valid' } })
      }
      const { orders, next_cursor: nextCursor } = readPage(answer)
      return { orders, nextCursor }
    },
    async totalSpent(user, within) {
      const found = await inTime(within.deadline, look([user], within), tooLate)
      const spent = found.get(user)
      if (spent === undefined) throw unexpected('order', 'left a user out')
      return spent
    },
  }
}

/** An answer of another shape is the peer's failure, not the client's. */
function reader<S extends TSchema>(service: ServiceName, schema: S): (answer: Answer) => Static<S> {
  const validate = compileValidator(schema)
  return (answer) => {
    if (answer.status !== 200) throw unexpected(service, `answered ${answer.status}`)
    try {
      return validate(answer.json())
    } catch (error) {
      throw problem('service_unavailable', { values: { service }, cause: error })
    }
  }
}

const unexpected = (service: ServiceName, did: string) =>
  problem('service_unavailable', {
    values: { service },
    cause: new Error(`The ${service} service ${did}.`),
  })

const tooLate = () => unexpected('order', 'did not answer in time')

function asUnknownOutcome(error: unknown): never {
  const unknown = error instanceof UpstreamFailure && error.sent === 'unknown'
  throw unknown ? problem('outcome_unknown', { cause: error }) : error
}

const passedHeaders = ['idempotency-replayed', 'retry-after'] as const

function passedThrough(answer: Answer): Reply {
  const headers: Record<string, string> = {
    'content-type': answer.status === 200 ? jsonType : problemType,
  }
  for (const name of passedHeaders) {
    const value = answer.header(name)
    if (value !== null) headers[name] = value
  }
  return new Reply(answer.status, headers, answer.text)
}
