/** Profiles of running services over HTTP: taken while they serve, one at a time, by admins, in one folder. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'bun:test'
import { parseCpuProfile } from '../core/profiling/cpu-profile.ts'
import { profilingPath } from '../core/profiling/routes.ts'
import { serviceNames, type ServiceName } from '../core/values/service-name.ts'
import { clientOf } from './support/client.ts'
import { expectProblem } from './support/expect-problem.ts'
import { eventually } from './support/ledger.ts'
import { takeProfile, takeTellingProfile } from './support/profiles.ts'
import { allRoutes } from './support/route-tables.ts'
import type { Answered } from './support/send.ts'
import { startShop } from './support/shop.ts'

const keep = 2
const shop = await startShop({ products: 80, env: { PROFILES_KEEP: String(keep) } })
afterAll(shop.stop)
const client = clientOf(shop)
const admin = await client.demoAdmin()

interface Notes {
  readonly file: string
  readonly operation: string
  readonly samples: number
  readonly operation_samples: number
  readonly load: { readonly requests: number; readonly p50_ms: number; readonly p99_ms: number }
}
interface Top {
  readonly function: string
  readonly place: string
  readonly samples: number
  readonly share: number
}
interface Stats {
  readonly profile: Notes
  readonly by_self: readonly Top[]
  readonly by_total: readonly Top[]
}

const get = (service: ServiceName, path: string) =>
  client.get(service, profilingPath(service) + path, admin)
const start = (service: ServiceName, query: string) =>
  client.call(service, 'POST', `${profilingPath(service)}/start?${query}`, { token: admin })
const folderOf = (service: ServiceName): string => join(shop.directory, 'profiles', service)

describe('a profile', () => {
  const buyer = client.register()
  const product = client.createProduct({ stock_count: 100_000 })
  const acts = {
    catalog: [
      'get_products',
      () =>
        client.get('catalog', `/products/?category=Фрукты&min_price=${Math.random().toFixed(4)}`),
    ],
    cart: ['get_cart', async () => client.get('cart', '/cart/', (await buyer).token)],
    order: [
      'create_order',
      async () => {
        const items = [{ product_id: (await product).product_id, quantity: 1 }]
        return client.call('order', 'POST', '/orders/', {
          json: { items },
          token: (await buyer).token,
        })
      },
    ],
    user: [
      'get_user_profile',
      async () => client.get('user', '/users/me/profile', (await buyer).token),
    ],
  } as const satisfies Record<ServiceName, readonly [string, () => Promise<Answered>]>

  test.each([...serviceNames])(
    'of %s is cut to its operation, with its load',
    async (service) => {
      const [operation, act] = acts[service]
      const file = await takeTellingProfile(client, service, operation, act)
      const stats = (await get(service, `/profiles/${file}/stats?limit=50`)).json() as Stats
      const { profile, by_self, by_total } = stats
      expect(profile).toMatchObject({ file, operation })
      expect(profile.load.requests).toBeGreaterThan(0)
      expect(profile.load.p99_ms).toBeGreaterThanOrEqual(profile.load.p50_ms)
      expect(profile.operation_samples).toBeGreaterThan(0)
      expect(profile.operation_samples).toBeLessThan(profile.samples)
      // Everything that is cut out lies below the handler, so it is first.
      expect(by_total[0]).toMatchObject({ function: operation })
      expect(by_total[0]?.place).toMatch(/^services\/\w+\/routes\.ts:\d+$/)
      for (const list of [by_self, by_total]) {
        for (const { samples, share } of list) {
          expect(samples).toBeGreaterThan(0)
          expect(share).toBeLessThanOrEqual(1)
        }
      }
      const own = by_self.reduce((sum, { samples }) => sum + samples, 0)
      expect(own).toBeLessThanOrEqual(profile.operation_samples)

      const listed = (await get(service, '/profiles')).json() as readonly Notes[]
      expect(listed[0]).toEqual(profile)
      const text = readFileSync(join(folderOf(service), file), 'utf8')
      expect(parseCpuProfile(text)).not.toBeNull()
      expect(text.includes(process.cwd())).toBe(false)
    },
    60_000,
  )
})

describe('profiles are taken', () => {
  test('one at a time in a process, which says so', async () => {
    expect((await get('order', '/status')).json()).toEqual({ status: 'idle', profile: null })
    const first = await start('order', 'seconds=2')
    expect(first.status).toBe(202)
    const running = first.json() as { file: string; operation: string }
    expect(running.operation).toBe('all')
    const second = await start('order', 'seconds=1')
    expectProblem(second, 409, 'profile_running')
    expect(Number(second.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await get('order', '/status')).json()).toEqual({ status: 'running', profile: running })
    // Another process is another matter.
    expect((await start('user', 'seconds=1')).status).toBe(202)
    await eventually('it is written', async () => {
      const listed = (await get('order', '/profiles')).json() as readonly Notes[]
      return listed.some(({ file }) => file === running.file)
    })
    expect((await get('order', '/status')).json()).toEqual({ status: 'idle', profile: null })
  })
  test('and only the newest of an operation are kept', async () => {
    const files: string[] = []
    for (let round = 0; round < keep + 1; round++) {
      files.push(await takeProfile(client, 'cart', 'clear_cart', () => get('cart', '/status')))
    }
    const kept = readdirSync(folderOf('cart')).filter((name) => name.includes('-clear_cart.'))
    const newest = files.slice(-keep).map((file) => file.replace('.cpuprofile', ''))
    expect(kept.sort()).toEqual(
      newest
        .flatMap((stem) => ['cpuprofile', 'html', 'json'].map((end) => `${stem}.${end}`))
        .sort(),
    )
  }, 60_000)
})

describe('what is asked for wrongly', () => {
  test.each([
    ['seconds=0', 422, 'validation_failed'],
    ['seconds=61', 422, 'validation_failed'],
    ['seconds=1.5', 422, 'validation_failed'],
    ['seconds=1&operation=..%2f..%2fevil', 422, 'validation_failed'],
    ['seconds=1&operation=', 422, 'validation_failed'],
    ['seconds=1&operation=no_such_operation', 400, 'bad_request'],
  ] as const)('start?%s is %i', async (query, status, code) => {
    expectProblem(await start('cart', query), status, code)
    expect((await get('cart', '/status')).json()).toMatchObject({ status: 'idle' })
  })
  test.each([
    // A path that could be read in two ways reaches no route.
    ['..%2f..%2fkeys%2faccess.key.json', 400, 'bad_request'],
    ['%2e%2e%2fuser', 400, 'bad_request'],
    ['20261125T204931123Z-get_cart.cpuprofile%00', 400, 'bad_request'],
    ['20261125T204931123Z-get_cart.html', 422, 'validation_failed'],
    ['passwd', 422, 'validation_failed'],
  ] as const)('stats of %s are refused', async (file, status, code) => {
    expectProblem(await get('cart', `/profiles/${file}/stats`), status, code)
  })
  test('a file that is not there is 404', async () => {
    const file = '20200101T000000000Z-get_cart.cpuprofile'
    expectProblem(await get('cart', `/profiles/${file}/stats`), 404, 'not_found')
  })
})

test('in production there is no page, and admins still have the routes', async () => {
  await using bare = await startShop({ profile: 'production', gateway: true })
  const there = clientOf(bare)
  for (const path of ['/profiles/', '/profiles/compare', '/profiles/speedscope/']) {
    expectProblem(await there.get('gateway', path), 404, 'not_found')
  }
  for (const prefix of ['/api/system', '/cart-api', '/order-api', '/user-api']) {
    const path = `${prefix}/profiling/status`
    expectProblem(await there.get('gateway', path), 401, 'not_authenticated')
    expect((await there.get('gateway', path, there.tokens.admin())).status).toBe(200)
  }
})

test('nobody finds a profile’s operation hidden by a name or a call in tail position', () => {
  const wrong = allRoutes
    .filter(({ path }) => !/^\/(health.*|metrics|openapi.json)?$/.test(path))
    .flatMap(({ service, operation, handler, cached }) =>
      [handler, cached]
        .filter((each) => each !== undefined)
        // As the runtime has it, after what is used once was inlined.
        .filter((each) => each.name !== operation || endsInCall(String(each)))
        .map(() => `${service} ${operation}`),
    )
  expect(wrong).toEqual([])
  expect(endsInCall('function a(x) { return b.c(x) }')).toBe(true)
  expect(endsInCall('(x) => b(x)')).toBe(true)
  expect(endsInCall('function a(x) { return keepFrame(b(x)) }')).toBe(false)
  expect(endsInCall('async function a(x) { return b(x) }')).toBe(false)
})

/** True for a function that JavaScriptCore takes off the stack before what it calls last. */
const endsInCall = (source: string): boolean =>
  !source.startsWith('async') && /(return|=>) (?!keepFrame\()[\w.$]+\(/.test(source)
