/** A shop's client for tests: who is signed in, and the few things that most tests begin with. */
import { expect } from 'bun:test'
import { newId, type UserId } from '../../core/values/ids.ts'
import { send, type Answered, type Method, type Sent } from './send.ts'
import { conform, Product, Token, User } from './shapes.ts'
import type { ProcessName, Shop } from './shop.ts'
import { tokensOf, type TestTokens } from './tokens.ts'

export interface Person {
  readonly id: UserId
  readonly username: string
  readonly password: string
  readonly token: string
}

export interface NewProduct {
  readonly name: string
  readonly category: string
  readonly price: number
  readonly stock_count: number
  readonly description?: string | null
  readonly manufacturer?: string | null
}

export interface Client {
  readonly tokens: TestTokens
  call(to: ProcessName, method: Method, path: string, sent?: Sent): Promise<Answered>
  get(to: ProcessName, path: string, token?: string): Promise<Answered>
  /** Registers somebody new; the token is made here, not by a log-in. */
  register(fields?: Partial<{ username: string; password: string }>): Promise<Person>
  /** Signs in over HTTP, which costs a password hash. */
  login(username: string, password: string): Promise<Tokens>
  /** The demo profile's admin, signed in once: the user service knows it. */
  demoAdmin(): Promise<string>
  createProduct(fields?: Partial<NewProduct>): Promise<Product>
}

export interface Tokens {
  readonly access_token: string
  readonly refresh_token: string
}

export function clientOf(shop: Shop): Client {
  const tokens = tokensOf(shop.keysDir)
  let admin: Promise<Tokens> | null = null

  const call: Client['call'] = (to, method, path, sent) => send(method, shop.urls[to] + path, sent)

  async function login(username: string, password: string): Promise<Tokens> {
    const answer = await call('user', 'POST', '/token', { form: { username, password } })
    expect(answer.status).toBe(200)
    return conform(Token, answer.json())
  }

  return {
    tokens,
    call,
    login,
    get: (to, path, token) => call(to, 'GET', path, { token }),
    async demoAdmin() {
      admin ??= login('admin', 'admin123')
      return (await admin).access_token
    },
    async register(fields = {}) {
      const { username = `buyer-${newId()}`, password = 'correct horse' } = fields
      const json = { username, password, full_name: 'Test Buyer' }
      const answer = await call('user', 'POST', '/users/register', { json })
      expect(answer.status).toBe(200)
      const id = conform(User, answer.json()).id as UserId
      return { id, username, password, token: tokens.user(id) }
    },
    async createProduct(fields = {}) {
      const json = { name: 'Груша', category: 'Проба', price: 10.5, stock_count: 10, ...fields }
      const answer = await call('catalog', 'POST', '/products/', { json, token: tokens.admin() })
      expect(answer.status).toBe(201)
      return conform(Product, answer.json())
    },
  }
}
