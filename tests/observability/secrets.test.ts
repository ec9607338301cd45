/** What people entrust to the shop reaches no log, no span and no metric, wherever it is put in. */
import { afterAll, expect, test } from 'bun:test'
import { newId } from '../../core/values/ids.ts'
import { serviceNames } from '../../core/values/service-name.ts'
import { prefixes } from '../../services/gateway/paths.ts'
import { bodySamples, validBody } from '../support/body-samples.ts'
import { clientOf } from '../support/client.ts'
import { startCollector } from '../support/collector.ts'
import { freePorts } from '../support/ports.ts'
import { allRoutes, filled, isInternal, type ServiceRoute } from '../support/route-tables.ts'
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

/** The route with something planted in every place that a client fills. */
async function plantIn(route: ServiceRoute, person: string): Promise<void> {
  const label = `${route.service} ${route.method} ${route.path}`
  const token = tokenOf(route, person)
  const fields = validBody(bodySamples[label] ?? { fields: {} })
  const headers = (where: string) => ({
    cookie: planted(`${where} cookie`),
    referer: `http://${planted(`${where} referer`)}/`,
    'user-agent': planted(`${where} agent`),
    'idempotency-key': planted(`${where} key`),
    'x-api-key': planted(`${where} api key`),
    'x-user-id': planted(`${where} user`),
    'if-none-match': planted(`${where} tag`),
  })
  // Through the gateway where it leads there, as that one logs and traces as well.
  const inside = isInternal(route) || route.path === '/metrics'
  const to = inside ? route.service : 'gateway'
  const prefix = inside ? '' : prefixes[route.service]
  const path = (value: string): string => prefix + filled(route.path, value)
  const ask = (target: string, where: string, body?: Readonly<Record<string, unknown>>) => {
    const takesJson = (route.accepts ?? ['json']).includes('json')
    return client.call(to, route.method, target, {
      token,
      headers: headers(where),
      ...(body !== undefined &&
        (takesJson
          ? { json: body }
          : {
              form: Object.fromEntries(
                Object.entries(body).map(([name, value]) => [name, String(value)]),
              ),
            })),
    })
  }
  await ask(path(planted(`${label} path`)), label, route.body === undefined ? undefined : fields)
  await ask(`${path(newId())}?q=${planted(`${label} query`)}&token=${planted(label)}`, label)
  for (const name of Object.keys(fields)) {
    await ask(path(newId()), label, { ...fields, [name]: planted(`${label} ${name}`) })
  }
  await client.call(to, route.method, path(newId()), {
    headers: { authorization: `Bearer ${planted(`${label} token`)}` },
  })
  await client.call(to, route.method, path(newId()), {
    token,
    headers: { 'content-type': 'application/json' },
    ...(route.method !== 'GET' && { body: `{"password": "${planted(`${label} broken body`)}` }),
  })
}

test('passwords, tokens, phones and names leave no trace', async () => {
  const person = await client.register()
  // Names and categories of products are the shop's own words: everybody reads them, labels too.
  const others = allRoutes.filter(
    ({ service, method, path }) =>
      !(service === 'catalog' && method !== 'GET' && path.startsWith('/products/')) &&
      // Silent until its client goes away.
      path !== '/users/me/notifications',
  )
  for (const route of others) await plantIn(route, person.token)

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
  const secrets = [mark, phone, '79995550123', token, refresh_token, next, 'correct horse']
  expect(findings(sources, secrets)).toEqual([])
}, 240_000)
