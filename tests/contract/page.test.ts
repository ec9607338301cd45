/** docs/contract.md, row by row: held against the route tables, and performed against a real shop. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'bun:test'
import { errors } from '../../core/http/errors.ts'
import type { Route } from '../../core/http/route.ts'
import { newId } from '../../core/values/ids.ts'
import { serviceNames, type ServiceName } from '../../core/values/service-name.ts'
import * as tables from '../../scripts/openapi/documents.ts'
import { help } from '../../scripts/shop/options.ts'
import {
  callsOf,
  contractMetrics,
  rowsUnder,
  systemCallsOf,
  type ContractCall,
} from '../support/contract-page.ts'
import { expectProblem } from '../support/expect-problem.ts'
import { eventually } from '../support/ledger.ts'
import { recordsOf } from '../support/readers.ts'
import { filled, ownRoutesOf, type ServiceRoute } from '../support/route-tables.ts'
import type { Answered, Method, Sent } from '../support/send.ts'
import { Categories, conform, User } from '../support/shapes.ts'
import { startShop } from '../support/shop.ts'
import { cartRows } from './rows.cart.ts'
import { catalogRows } from './rows.catalog.ts'
import { gatewayRows } from './rows.gateway.ts'
import { orderRows } from './rows.order.ts'
import { profilingRows } from './rows.profiling.ts'
import { whileDown, worldOf, type Ask, type PerformedRow, type PerformedRows } from './rows.ts'
import { userBounds, userRows } from './rows.user.ts'

const root = join(import.meta.dir, '../..')
const shop = await startShop({
  // Rows stop single processes and read metrics of the store; the other contract tests run on any.
  store: 'sqlite',
  copies: 1,
  gateway: true,
  products: 20_000,
  env: {
    ORDER_PROCESSING_AFTER_MS: '3600000',
    CHECK_INTERVAL_MS: '50',
  },
  envOf: { user: userBounds },
})
afterAll(shop.stop)
const world = worldOf(shop)
const { client } = world

const performed: Readonly<Record<ServiceName, PerformedRows>> = {
  catalog: { ...catalogRows(world), ...profilingRows(world, 'catalog') },
  cart: { ...cartRows(world), ...profilingRows(world, 'cart') },
  order: { ...orderRows(world), ...profilingRows(world, 'order') },
  user: { ...userRows(world), ...profilingRows(world, 'user') },
}

/** Statuses that no request brings about at will, each with a test that does and a piece of its text. */
const shownElsewhere = [
  ['cart DELETE /cart/items/{id}', 409, 'services/cart/carts.test.ts', "code: 'cart_busy'"],
  ['cart DELETE /cart/', 409, 'services/cart/carts.test.ts', "code: 'cart_busy'"],
  ['catalog GET /system/health', 503, 'tests/faults/broken-store.test.ts', "'/system/health'"],
  ['GET /health/ready', 503, 'tests/contract/every-service.test.ts', 'ready.status === 503'],
  ['GET /health/startup', 503, 'core/lifecycle/system-routes.test.ts', "reason: 'starting'"],
  ['everywhere', 503, 'tests/faults/broken-store.test.ts', "503, 'store_unavailable'"],
] as const

/** Metrics of the store that this shop does not have, and the test that reads them from one that does. */
const cassandraMetrics = 'core/lifecycle/store.cassandra.test.ts'

const elsewhere = (call: string): readonly number[] =>
  shownElsewhere.filter(([name]) => name === call).map(([, status]) => status)

const callOf = ({ method, path }: Pick<Route, 'method' | 'path'>): string =>
  `${method} ${path.replace(/:(\w+)/g, '{$1}')}`

/** What the row of a route has to say. */
const rowOf = (service: ServiceName, route: Route): ContractCall => ({
  service,
  call: callOf(route),
  access: String(route.access),
  success: route.success.status,
  errors: statusesOf(route),
})

/** Statuses of the errors that the route names, and of those of its schemas. */
function statusesOf({ errors: codes, params, query, body }: Route): readonly number[] {
  const named = codes.map((code) => errors[code].status)
  const shaped = params ?? query ?? body
  return inOrder([...named, ...(shaped === undefined ? [] : [422])])
}

const inOrder = (statuses: readonly number[]): readonly number[] =>
  [...new Set(statuses)].sort((a, b) => a - b)

const sorted = (calls: readonly ContractCall[]): readonly ContractCall[] =>
  calls.toSorted((a, b) => a.call.localeCompare(b.call))

describe('the page', () => {
  test.each([...serviceNames])('has each call of %s, and no other', (service) => {
    const rows = callsOf(service).map((row) => ({
      ...row,
      // Health answers its 503 in the shape of its success, so the route does not name it.
      errors: row.call === 'GET /system/health' ? [] : row.errors,
    }))
    const routes = ownRoutesOf(service).map((route) => rowOf(service, route))
    expect(sorted(rows)).toEqual(sorted(routes))
  })
  test.each([...serviceNames])('has what %s answers as every service does', (service) => {
    const rows = systemCallsOf(service).map((row) => ({ ...row, errors: [] }))
    const routes = tables.systemRoutesOf(service).map((route) => rowOf(service, route))
    expect(sorted(rows)).toEqual(sorted(routes))
  })
  test.each([...serviceNames])(
    'has each call of %s performed, with each of its statuses',
    (service) => {
      const rows = callsOf(service).map(({ call, errors: statuses }) => [call, statuses])
      const done = Object.entries(performed[service]).map(([call, row]) => [
        call,
        inOrder([
          ...Object.keys(row.errors ?? {}).map(Number),
          ...(row.down === undefined ? [] : [503]),
          ...elsewhere(`${service} ${call}`),
        ]),
      ])
      expect(Object.fromEntries(done)).toEqual(Object.fromEntries(rows))
    },
  )
  test('leaves to other tests only what those do', () => {
    for (const [, , file, text] of shownElsewhere) {
      expect([file, readFileSync(join(root, file), 'utf8').includes(text)]).toEqual([file, true])
    }
  })
})

async function expectGood({ good, shape }: PerformedRow, success: number): Promise<void> {
  const answer = await good()
  if (answer.status !== success) throw new Error(`${answer.status}: ${answer.text}`)
  if (shape === null) expect(answer.text).toBe('')
  else conform(shape, answer.json())
}

describe.each([...serviceNames])('%s', (service) => {
  const rows = callsOf(service)
  const requests = rows.flatMap(({ call, success }): [string, number, () => Promise<void>][] => {
    const row = performed[service][call]
    if (row === undefined) return []
    const failures = Object.entries(row.errors ?? {}).map(
      ([status, ask]): [string, number, () => Promise<void>] => [
        call,
        Number(status),
        async () => void expectProblem(await ask(), Number(status)),
      ],
    )
    return [[call, success, () => expectGood(row, success)], ...failures]
  })
  test.each(requests)('%s answers %d', async (_call, _status, perform) => perform())
})

/** Who may call the route, to get past its access rule. */
function tokenFor({ access, service }: ServiceRoute): string | undefined {
  if (access === 'public') return undefined
  if (access === 'user') return world.buyer().token
  if (access === 'admin') return world.admin.token
  const [first] = String(access).replaceAll('service:', '').split(',')
  return client.tokens.service(first as ServiceName, service)
}

/** Refusals that a call has whatever it does; null where the call cannot have them. */
const refusals: Readonly<Record<number, (route: ServiceRoute) => Promise<Answered> | null>> = {
  400: (route) =>
    route.method === 'GET'
      ? null
      : ask(route, { token: tokenFor(route), headers: { 'if-none-match': '"1"' } }),
  401: (route) => (route.access === 'public' ? null : ask(route)),
  403(route) {
    if (route.access === 'public') return null
    const wrong = route.access === 'user' ? client.tokens.service('order', route.service) : null
    return ask(route, { token: wrong ?? world.buyer().token })
  },
  404: (route) => client.get(route.service, `/nowhere${filled(route.path, newId())}`),
  405: (route) => client.call(route.service, 'PATCH', filled(route.path, newId())),
  413: (route) => withBody(route, bodyTypes[route.accepts?.[0] ?? 'json']),
  415: (route) => (route.bodyOptional === true ? null : withBody(route, 'text/plain')),
}

const bodyTypes = { json: 'application/json', form: 'application/x-www-form-urlencoded' }

function withBody(route: ServiceRoute, type: string): Promise<Answered> | null {
  if (route.body === undefined) return null
  const body = `{"x":"${'x'.repeat(type === 'text/plain' ? 1 : 70_000)}"}`
  return ask(route, { token: tokenFor(route), body, headers: { 'content-type': type } })
}

const ask = ({ service, method, path, body }: ServiceRoute, sent: Sent = {}): Promise<Answered> =>
  client.call(service, method as Method, filled(path, newId()), {
    ...(body !== undefined && sent.body === undefined && { json: {} }),
    ...sent,
  })

describe('every call', () => {
  test('has the statuses of the table, and those alone', () => {
    const rows = rowsUnder('Everywhere').map((row) => Number(row['Status']))
    const elsewhereShown = elsewhere('everywhere')
    // Performed below, and by the gateway's own row.
    const performedHere = [...Object.keys(refusals).map(Number), 429]
    expect(rows).toEqual([...inOrder([...performedHere, ...elsewhereShown])])
  })
  const routes = serviceNames.flatMap((service) => ownRoutesOf(service))
  const named = routes.map((route): [string, ServiceRoute] => [
    `${route.service} ${callOf(route)}`,
    route,
  ])
  test.each(named)('%s refuses as all do', async (_name, route) => {
    for (const [status, refused] of Object.entries(refusals)) {
      const answer = await refused(route)
      if (answer !== null) expectProblem(answer, Number(status))
    }
  })
})

describe('on every service', () => {
  const calls = serviceNames.flatMap((service) =>
    systemCallsOf(service).map(({ call, success }): [ServiceName, string, number] => [
      service,
      call,
      success,
    ]),
  )
  test.each(calls)('%s %s answers %d', async (service, call, success) => {
    const answer = await client.get(service, call.replace('GET ', ''))
    expect(answer.status).toBe(success)
    if (call !== 'GET /metrics') expect(answer.json()).toBeObject()
  })
})

// Before anything is stopped: a process that has just begun has asked its store nothing yet.
describe('a metric', () => {
  const isCassandra = ({ name }: { readonly name: string }) => name.startsWith('cassandra_')
  const series = contractMetrics()
    .filter((metric) => !isCassandra(metric))
    .flatMap(({ services, ...metric }) =>
      services.map((service): [ServiceName, string, typeof metric] => [
        service,
        metric.name,
        metric,
      ]),
    )
  test.each(series)('of %s: %s', async (service, name, { type, labels }) => {
    const { text } = await client.get(service, '/metrics')
    const lines = text.split('\n')
    expect(lines.filter((each) => each.startsWith(`# TYPE ${name} `))).toEqual([
      `# TYPE ${name} ${type}`,
    ])
    const sample = type === 'histogram' ? `${name}_bucket` : name
    const line = lines.find((each) => /^[\w:]+/.exec(each)?.[0] === sample) ?? ''
    const found = Array.from(line.matchAll(/[{,](\w+)="/g), ([, label = '']) => label)
    expect(found.filter((label) => label !== 'le').sort()).toEqual([...labels].sort())
  })
})

describe('the gateway', () => {
  const rows = gatewayRows(world)
  test('has each row performed', () => {
    expect(rowsUnder('At the gateway').map((row) => row['Address'])).toEqual(Object.keys(rows))
  })
  test.each(Object.entries(rows))('%s', async (_row, perform) => perform())
})

test('metrics of Cassandra are read where there is one', () => {
  const text = readFileSync(join(root, cassandraMetrics), 'utf8')
  const names = contractMetrics().flatMap(({ name }) => name.match(/^cassandra_.*/) ?? [])
  expect(names).not.toBeEmpty()
  expect(names.filter((name) => !text.includes(name))).toEqual([])
})

describe('the command line', () => {
  const commands = rowsUnder('At the command line')
  test('has the commands of the page, and no other', () => {
    // The shape of every package.json.
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      readonly scripts: Readonly<Record<string, string>>
    }
    const named = commands.map((row) => row['Command']?.replace(/^npm (run )?/, ''))
    expect(named.toSorted()).toEqual(Object.keys(scripts).sort())
  })
  test('start has the options of the page', () => {
    const optionsIn = (text: string) => [...new Set(text.match(/--[a-z][a-z-]*/g))].sort()
    const told = optionsIn(commands[0]?.['What'] ?? '')
    const own = ['--help', '--watch']
    expect(optionsIn(help).filter((each) => !own.includes(each))).toEqual(told)
  })
})

describe('the demo data', () => {
  test('has the accounts of the page', async () => {
    for (const row of rowsUnder('Demo data').filter((each) => 'User' in each)) {
      const [username = '', password = ''] = [row['User'], row['Password']?.replaceAll('`', '')]
      const { access_token: token } = await client.login(username, password)
      const me = conform(User, (await client.get('user', '/users/me', token)).json())
      expect([me.username, me.is_admin]).toEqual([username, row['Role'] === 'admin'])
    }
  })
  test('has the categories of the page, and as many products, each well in stock', async () => {
    const categories = rowsUnder('Demo data').flatMap((row) => row['Category'] ?? [])
    const answer = await client.get('catalog', '/products/categories/list')
    const counts = conform(Categories, answer.json()).filter(({ name }) =>
      categories.includes(name),
    )
    expect(counts).toHaveLength(8)
    expect(counts.reduce((sum, { product_count }) => sum + product_count, 0)).toBe(20_000)
    // Version 5 of the ids: what was seeded, and not what the rows have made.
    const seeded = (await recordsOf(shop).stocks()).filter(
      ({ product_id }) => product_id[14] === '5',
    )
    expect(seeded).toHaveLength(20_000)
    const stocked = seeded.map((row) => row.stocked)
    expect(Math.min(...stocked)).toBeGreaterThanOrEqual(200)
    expect(Math.max(...stocked)).toBeLessThanOrEqual(5_000)
  })
})

describe.each(['catalog', 'cart', 'order'] as const)('while %s is down', (down) => {
  test('the rows that need it answer 503', async () => {
    const prepared: [string, Ask][] = []
    for (const [service, rows] of Object.entries(performed)) {
      for (const [call, row] of Object.entries(rows)) {
        if (row.down?.service === down) {
          prepared.push([`${service} ${call}`, await row.down.prepare()])
        }
      }
    }
    expect(prepared).not.toBeEmpty()
    const performAll = prepared.map(([call, perform]) => async () => {
      const answer = await perform()
      expect([call, answer.status]).toEqual([call, 503])
      expectProblem(answer, 503)
    })
    await whileDown(world, down, performAll)
  }, 120_000)
})

test('the shop is whole, and ends well', async () => {
  for (const name of serviceNames) {
    await eventually(`${name} is ready`, async () => {
      return (await client.get(name, '/health/ready')).status === 200
    })
  }
  expect(Object.values(await shop.stop())).toEqual([0, 0, 0, 0, 0])
})
