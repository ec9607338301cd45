/** A whole catalog without a port: its routes over a store in memory, asked as by any caller. */
import { createApplication } from '../../core/http/application.ts'
import type { Caller } from '../../core/http/caller.ts'
import type { Inbound } from '../../core/http/engine/engine.ts'
import { problem } from '../../core/http/problem.ts'
import { createMetrics, type Metrics } from '../../core/metrics/metrics.ts'
import { newId } from '../../core/values/ids.ts'
import { systemClock } from '../../core/values/time.ts'
import { createCategoryIndexes } from './category-indexes.ts'
import { createEditing } from './editing.ts'
import { createCatalogMetrics } from './metrics.ts'
import { createPages } from './pages.ts'
import { catalogRoutes } from './routes.ts'
import { openSqliteStore } from './store.sqlite.ts'
import type { CatalogStore, NewProduct } from './store.ts'

const callers = {
  admin: { kind: 'user', id: newId(), role: 'admin', session: newId() },
  user: { kind: 'user', id: newId(), role: 'user', session: newId() },
  order: { kind: 'service', name: 'order' },
  cart: { kind: 'service', name: 'cart' },
} as const satisfies Readonly<Record<string, Caller>>

export type Who = keyof typeof callers | 'nobody'

export interface Ask {
  readonly as?: Who
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface Answered {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly json: Readonly<Record<string, unknown>>
}

export interface CatalogUnderTest {
  readonly store: CatalogStore
  readonly metrics: Metrics
  ask(method: string, target: string, options?: Ask): Promise<Answered>
  /** Adds four pieces of an apple at 10.50 and gives its id. */
  addApple(fields?: object): Promise<string>
}

export async function openCatalog(products: readonly NewProduct[]): Promise<CatalogUnderTest> {
  const store = openSqliteStore({ path: ':memory:' })
  const metrics = createMetrics('catalog')
  const counts = createCatalogMetrics(metrics)
  await Promise.all(products.map((product) => store.create(product)))
  const indexes = createCategoryIndexes({ store, clock: systemClock, maxProducts: 100 })
  await indexes.refresh()
  const pages = createPages({
    indexes,
    maxBytes: 1_000_000,
    onHit: counts.cacheHit,
    onMiss: counts.cacheMiss,
  })
  const editing = createEditing(store, indexes, 100)
  const application = createApplication({
    routes: catalogRoutes({ store, indexes, pages, editing, metrics: counts }),
    authenticate(authorization) {
      const caller = Object.entries(callers).find(([name]) => name === authorization)?.[1]
      if (caller === undefined) throw problem('not_authenticated')
      return caller
    },
    clock: systemClock,
    addressOf: () => '127.0.0.1',
    maxInFlight: 100,
    corsOrigins: [],
  })

  async function ask(method: string, target: string, options: Ask = {}): Promise<Answered> {
    const reply = await application.handle(inboundOf(method, target, options))
    const { status, headers, body } = reply
    if (body === null) return { status, headers, json: {} }
    const text = body instanceof Uint8Array ? new TextDecoder().decode(body) : String(body)
    return { status, headers, json: JSON.parse(text) as Answered['json'] } // tests say what they expect
  }

  return {
    store,
    metrics,
    ask,
    async addApple(fields = {}) {
      const apple = { name: 'Яблоко', category: 'Ягоды', price: 10.5, stock_count: 4 }
      const body = { ...apple, ...fields }
      const { json } = await ask('POST', '/products/', { as: 'admin', body })
      return String(json.product_id)
    },
  }
}

function inboundOf(method: string, target: string, { as = 'nobody', body, headers }: Ask): Inbound {
  const sent: Record<string, string> = { ...headers }
  if (as !== 'nobody') sent.authorization = as
  if (body !== undefined) sent['content-type'] = 'application/json'
  const bytes = new TextEncoder().encode(body === undefined ? '' : JSON.stringify(body))
  const [path = '', query = ''] = target.split('?')
  return {
    method,
    path,
    query,
    address: '127.0.0.1',
    signal: new AbortController().signal,
    header: (name) => sent[name] ?? null,
    headers: () => Object.entries(sent),
    bytes: () => Promise.resolve(bytes),
    stream: () => null,
  }
}
