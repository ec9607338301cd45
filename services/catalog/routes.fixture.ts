/** A whole catalog without a port: its routes over a store in memory, asked as by any caller. */
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { createApplication } from '../../core/http/application.ts'
import type { Caller } from '../../core/http/caller.ts'
import type { Inbound } from '../../core/http/engine/engine.ts'
import { problem } from '../../core/http/problem.ts'
import { createMetrics, type Metrics } from '../../core/metrics/metrics.ts'
import { newId } from '../../core/values/ids.ts'
import { manualClock } from '../../core/values/time.ts'
import { createCategoryList } from './categories.ts'
import { createCategoryIndexes } from './category-indexes.ts'
import { createDetails } from './details.ts'
import { createEditing } from './editing.ts'
import { createFreshness } from './freshness.ts'
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
  /** Bytes of the body as they went over the wire. */
  readonly length: number
}

export interface CatalogUnderTest {
  readonly store: CatalogStore
  readonly metrics: Metrics
  readonly clock: ReturnType<typeof manualClock>
  /** What the process does every half second. */
  refresh(): Promise<void>
  ask(method: string, target: string, options?: Ask): Promise<Answered>
  /** Adds four pieces of an apple at 10.50 and gives its id. */
  addApple(fields?: object): Promise<string>
}

/** `watched` may stand between the catalog and its store, to fail or to count. */
export async function openCatalog(
  products: readonly NewProduct[],
  watched: (store: CatalogStore) => CatalogStore = (store) => store,
): Promise<CatalogUnderTest> {
  const clock = manualClock(1_000_000)
  const store = watched(openSqliteStore({ path: ':memory:' }))
  const metrics = createMetrics('catalog')
  const counts = createCatalogMetrics(metrics)
  const onStale = counts.servedStale
  await Promise.all(products.map((product) => store.create(product)))
  const indexes = createCategoryIndexes({ store, clock, maxProducts: 100 })
  const freshness = createFreshness({ refresh: indexes.refresh, clock, onStale })
  await freshness.refresh()
  const pages = createPages({
    indexes,
    maxBytes: 1_000_000,
    freshness,
    onHit: counts.cacheHit,
    onMiss: counts.cacheMiss,
  })
  const details = createDetails({
    store,
    clock,
    maxBytes: 1_000_000,
    onViewed: counts.viewed,
    onStale,
  })
  const categories = createCategoryList(indexes, freshness)
  const editing = createEditing(store, indexes, 100)
  const application = createApplication({
    routes: catalogRoutes({ store, pages, details, categories, editing, metrics: counts }),
    authenticate(authorization) {
      const caller = Object.entries(callers).find(([name]) => name === authorization)?.[1]
      if (caller === undefined) throw problem('not_authenticated')
      return caller
    },
    clock,
    addressOf: () => '127.0.0.1',
    maxInFlight: 10_000,
    corsOrigins: [],
  })

  async function ask(method: string, target: string, options: Ask = {}): Promise<Answered> {
    const reply = await application.handle(inboundOf(method, target, options))
    const { status, headers, body } = reply
    if (body === null) return { status, headers, json: {}, length: 0 }
    const bytes = body instanceof Uint8Array ? body : new TextEncoder().encode(String(body))
    const text = new TextDecoder().decode(decoded(bytes, headers['content-encoding']))
    const json = JSON.parse(text) as Answered['json'] // tests say what they expect
    return { status, headers, json, length: bytes.length }
  }

  return {
    store,
    metrics,
    clock,
    refresh: freshness.refresh,
    ask,
    async addApple(fields = {}) {
      const apple = { name: 'Яблоко', category: 'Ягоды', price: 10.5, stock_count: 4 }
      const body = { ...apple, ...fields }
      const { json } = await ask('POST', '/products/', { as: 'admin', body })
      return String(json.product_id)
    },
  }
}

function decoded(bytes: Uint8Array, coding: string | undefined): Uint8Array {
  if (coding === 'gzip') return gunzipSync(bytes)
  return coding === 'br' ? brotliDecompressSync(bytes) : bytes
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
