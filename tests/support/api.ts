/** The shop as its clients write to it: typed by the OpenAPI documents, through the gateway. */
import createClient, { type Client } from 'openapi-fetch'
import type { paths as CartPaths } from '../generated/cart.d.ts'
import type { paths as CatalogPaths } from '../generated/catalog.d.ts'
import type { paths as OrderPaths } from '../generated/order.d.ts'
import type { components, paths as UserPaths } from '../generated/user.d.ts'

export interface Api {
  readonly catalog: Client<CatalogPaths>
  readonly cart: Client<CartPaths>
  readonly order: Client<OrderPaths>
  readonly user: Client<UserPaths>
}

export type Problem = components['schemas']['Problem']

/** Clients for everybody, or for who holds the access token. */
export function apiAt(gateway: string, accessToken?: string): Api {
  const at = (prefix: string) => ({
    baseUrl: gateway + prefix,
    headers: accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` },
  })
  return {
    catalog: createClient(at('/api')),
    cart: createClient(at('/cart-api')),
    order: createClient(at('/order-api')),
    user: createClient(at('/user-api')),
  }
}

interface Answer<Data> {
  readonly data?: Data
  readonly error?: unknown
  readonly response: Response
}

/** The content of a good answer; throws with the problem of any other. */
export async function good<Data>(asked: Promise<Answer<Data>>): Promise<NonNullable<Data>> {
  const { data, error, response } = await asked
  if (data !== undefined && data !== null) return data
  throw new Error(`${response.status} ${response.url}: ${JSON.stringify(error)}`)
}

/** The problem of an answer that must not be good. */
export async function problemOf(asked: Promise<Answer<unknown>>): Promise<Problem> {
  const { error, response } = await asked
  if (error === undefined) throw new Error(`${response.status} ${response.url} is no error.`)
  // Every error of the shop is one; the operations name only those that they expect.
  return error as Problem
}

/** Signs in by name and password. */
export async function signIn(gateway: string, username: string, password: string): Promise<Api> {
  const tokens = await good(
    apiAt(gateway).user.POST('/token', {
      body: { username, password },
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    }),
  )
  return apiAt(gateway, tokens.access_token)
}
