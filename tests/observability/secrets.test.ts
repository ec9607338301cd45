/** What people entrust to the shop reaches no log, no span and no metric, wherever it is put in. */
import { afterAll, expect, test } from 'bun:test'
import { newId } from '../../core/values/ids.ts'
import { serviceNames } from '../../core/values/service-name.ts'
import { prefixes } from '../../services/gateway/paths.ts'
import { bodySamples, validBody } from '../support/body-samples.ts'
import { clientOf } from '../support/client.ts'
import { startCollector } from '../support/collector.ts'
import { freePorts } from '../support/ports.ts'
import { isInternal } from '../../core/http/route.ts'
import { allRoutes, filled, type ServiceRoute } from '../support/route-tables.ts'
import { startShop, type ProcessName } from '../support/shop.ts'
import { until } from '../support/until.ts'

const collector = startCollector()
afterAll(() => collector[Symbol.dispose]())
const [gatewayMetrics = 0] = await freePorts(1)
const shop = await startShop({
  gateway: true,
  env: {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    TRACE_SAMPLE: '1',
    TRACE_PER_SECOND: '100000',
    TRACE_CHECKOUTS_PER_SECOND: '100000',
    ACCESS_LOG_SAMPLE: '1',
    ACCESS_LOG_PER_SECOND: '100000',
    LOG_LEVEL: 'trace',
  },
  envOf: { gateway: { GATEWAY_METRICS_PORT: String(gatewayMetrics) } },
})
afterAll(shop.stop)
const client = clientOf(shop)
const processes: readonly ProcessName[] = [...serviceNames, 'gateway']

/** In every planted text, so that one search finds all; what follows says where it was put. */
const mark = 'pl4nt3d'
const planted = (where: string): string => `${mark}-${where.replace(/\W+/g, '-')}`
const phone = '+79995550123'

/** Everything that was written, sent or shown. */
async function everything(): Promise<Readonly<Record<string, string>>> {
  const sources: Record<string, string> = { spans: collector.raw().toString('latin1') }
  for (const name of processes) {
    sources[`log of ${name}`] = shop.logs(name)
    const url = name === 'gateway' ? `http://127.0.0.1:${gatewayMetrics}` : shop.urls[name]
    for (const accept of ['text/plain', 'application/openmetrics-text']) {
      const page = await fetch(`${url}/metrics`, { headers: { accept } })
      sources[`metrics of ${name} as ${accept}`] = await page.text()
    }
  }
  return sources
}

const findings = (sources: Readonly<Record<string, string>>, secrets: readonly string[]) =>
  Object.entries(sources).flatMap(([source, text]) =>
    secrets
      .filter((secret) => text.includes(secret))
      .map((secret) => `${source}: ${text.slice(text.indexOf(secret) - 80).slice(0, 200)}`),
  )

const tokenOf = ({ access, service }: ServiceRoute, person: string): string | undefined => {
  if (access === 'public') return undefined
  if (access === 'user') return person
  if (access === 'admin') return client.tokens.admin()
  const caller = serviceNames.find((name) => [access].flat()[0] === `service:${name}`)
  return caller === undefined ? undefined : client.tokens.service(caller, service)
}

/** Names and categories of products are the shop's own words: everybody reads them, labels too. */
const isPublicWord = ({ service, method, path }: ServiceRoute, field: string): boolean =>
  service === 'catalog' &&
  method !== 'GET' &&
  path.startsWith('/products/') &&
  ['name', 'category'].includes(field)

/** Every header that any of the shop's processes reads, and what browsers and proxies send. */
const plantedHeaders = (where: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [
      'cookie',
      'referer',
      'user-agent',
      'idempotency-key',
      'if-none-match',
      'last-event-id',
      'accept-language',
      'origin',
      'forwarded',
      'x-forwarded-for',
      'x-real-ip',
      'x-api-key',
      'x-user-id',
      'x-internal-token',
      'proxy-authorization',
      'tracestate',
      'baggage',
      // Not X-Request-Id: it is there to be logged, and callers are told so.
    ].map((name) => [name, planted(`${where} ${name}`)]),
  )

/** The route with something planted in every place that a client fills. */
async function plantIn(route: ServiceRoute, person: string): Promise<void> {
  const label = `${route.service} ${route.method} ${route.path}`
  // What a check of the form refuses, and what it may let through.
  const secretsFor = (where: string) => [planted(`${label} ${where}`), phone, person]
  const fields = validBody(bodySamples[label] ?? { fields: {} })
  // Through the gateway where it leads there, as that one logs and traces as well.
  const inside = isInternal(route) || route.path === '/metrics'
  const to = inside ? route.service : 'gateway'
  const prefix = inside ? '' : prefixes[route.service]
  const path = (value: string): string => prefix + filled(route.path, value)
  const ask = async (
    target: string,
    body: Readonly<Record<string, unknown>> = fields,
    token = tokenOf(route, person),
  ) => {
    const takesJson = (route.accepts ?? ['json']).includes('json')
    const form = () =>
      Object.fromEntries(Object.entries(body).map(([name, value]) => [name, String(value)]))
    const { status } = await client.call(to, route.method, target, {
      token,
      headers: plantedHeaders(label),
      ...(route.body !== undefined && (takesJson ? { json: body } : { form: form() })),
    })
    statuses.add(status)
  }
  const statuses = new Set<number>()
  const anywhere = path(newId())
  for (const scheme of ['Bearer', 'Basic', 'Token']) {
    const authorization = `${scheme} ${planted(`${label} ${scheme}`)}`
    await client.call(to, route.method, anywhere, { headers: { authorization } })
  }
  // With a token that counts, this one is silent until its client goes away.
  if (route.path === '/users/me/notifications') {
    await ask(`${anywhere}?last_event_id=${planted(label)}`, fields, planted(label))
    return
  }
  for (const secret of secretsFor('path')) await ask(path(encodeURIComponent(secret)))
  // Those that the route reads, and some that it does not.
  const parameters = [...Object.keys(propertiesOf(route.query)), 'token', 'password', 'phone']
  for (const name of parameters) {
    for (const secret of secretsFor(`query ${name}`)) {
      await ask(`${anywhere}?${name}=${encodeURIComponent(secret)}`)
    }
  }
  // The token counted, so what was planted went further than the door.
  if (route.access !== 'public') expect([label, [...statuses]]).not.toEqual([label, [401]])
  if (route.method === 'GET') return
  for (const name of [...Object.keys(fields), 'password', 'unknown']) {
    if (isPublicWord(route, name)) continue
    for (const secret of secretsFor(name)) {
      await ask(anywhere, { ...fields, [name]: secret })
      await ask(anywhere, { ...fields, [name]: [{ [secret]: secret }] })
    }
  }
  await client.call(to, route.method, anywhere, {
    token: tokenOf(route, person),
    headers: { 'content-type': 'application/json' },
    body: `{"password": "${planted(`${label} broken body`)}`,
  })
}

/** Of a schema of an object, by the names of its members. */
const propertiesOf = (schema: unknown): Readonly<Record<string, unknown>> =>
  (schema as { readonly properties?: Readonly<Record<string, unknown>> } | undefined)?.properties ??
  {}

test('passwords, tokens, phones and names leave no trace', async () => {
  const person = await client.register()
  const tokens: string[] = []
  for (const route of allRoutes) {
    // A fresh one each, as some routes end sessions.
    const token = client.tokens.user(person.id)
    tokens.push(token)
    await plantIn(route, token)
  }

  // Not only what is refused: somebody lives here with all of it.
  const username = `${mark}user${newId().slice(-12)}`
  const password = `${mark} password`
  const json = { username, password, full_name: `${mark} Full Name`, phone }
  expect((await client.call('gateway', 'POST', '/user-api/users/register', { json })).status).toBe(
    200,
  )
  const login = await client.login(username, password)
  const { access_token: token, refresh_token } = login
  const wrong = { username: password, password: username }
  expect((await client.call('gateway', 'POST', '/user-api/token', { form: wrong })).status).toBe(
    401,
  )
  const changes = { full_name: `${mark} Other Name`, phone }
  const me = '/user-api/users/me'
  expect((await client.call('gateway', 'PUT', me, { token, form: changes })).status).toBe(200)
  const product = await client.createProduct()
  const item = { product_id: product.product_id, quantity: 1 }
  await client.call('gateway', 'POST', '/cart-api/cart/items', { token, json: item })
  const key = { 'idempotency-key': planted('key of an order') }
  const ordered = await client.call('gateway', 'POST', `${me}/orders`, { token, headers: key })
  expect(ordered.status).toBe(200)
  expect((await client.call('gateway', 'GET', `${me}/profile`, { token })).status).toBe(200)
  const refresh = { grant_type: 'refresh_token', refresh_token }
  const renewed = await client.call('user', 'POST', '/token', { form: refresh })
  expect(renewed.status).toBe(200)
  const { refresh_token: next } = renewed.json() as { refresh_token: string }

  // And what is said when something breaks.
  await shop.kill('order')
  const failed = await client.call('gateway', 'POST', `${me}/orders`, { token, headers: key })
  // The answer of before is kept.
  expect(failed.status).toBe(200)
  await client.call('cart', 'POST', '/cart/items', { token, json: item })
  const other = { 'idempotency-key': planted('key of an order that fails') }
  const refused = await client.call('cart', 'POST', '/cart/checkout', { token, headers: other })
  expect(refused.status).toBe(503)
  await shop.start('order')

  const before = collector.spans.length
  await client.get('catalog', '/products/categories/list')
  await until('the last spans have arrived', () => collector.spans.length > before)
  const sources = await everything()
  // All of it was told of, so an empty answer below means something.
  expect(collector.spans.length).toBeGreaterThan(300)
  for (const name of processes) expect(shop.logs(name).split('\n').length).toBeGreaterThan(20)
  expect(shop.logs('cart')).toContain('"failed"')
  const secrets = [
    mark,
    phone,
    '79995550123',
    person.token,
    token,
    refresh_token,
    next,
    'correct horse',
  ]
  expect(findings(sources, secrets)).toEqual([])
}, 240_000)
