/** What the start command starts. */
import { expect, test } from 'bun:test'
import { commonRules, commonSettings } from '../../core/config/common.ts'
import { loadConfig } from '../../core/config/config.ts'
import { planShop, type ProcessPlan } from './plan.ts'
import type { StartOptions } from './options.ts'

const options: StartOptions = {
  port: 9080,
  servicesPort: 9000,
  dataDir: '/d',
  profile: 'demo',
  store: 'sqlite',
  copies: 1,
  runtime: 'bun',
  fast: false,
  watch: false,
  docs: true,
}

const envOf = (plans: readonly ProcessPlan[], name: string) =>
  plans.find((plan) => plan.name === name)?.env ?? {}

test('each service has its port, and all know each other', () => {
  const plans = planShop(options, {})
  expect(plans.map(({ name, port }) => [name, port])).toEqual([
    ['catalog', 9000],
    ['cart', 9001],
    ['order', 9002],
    ['user', 9003],
    ['gateway', 9080],
  ])
  for (const { port, env, host } of plans) {
    expect(env).toMatchObject({
      PORT: String(port),
      HOST: host,
      PROFILE: 'demo',
      DATA_DIR: '/d',
      STORE: 'sqlite',
      CATALOG_URL: 'http://127.0.0.1:9000',
      USER_URL: 'http://127.0.0.1:9003',
    })
  }
})

test('further copies have their names, their ports and what each calls its own', () => {
  const plans = planShop({ ...options, store: 'cassandra', copies: 2 }, { CASSANDRA_X: 'y' })
  expect(plans.map(({ name, role, port }) => [name, role, port])).toEqual([
    ['catalog', 'catalog', 9000],
    ['catalog-1', 'catalog', 9010],
    ['cart', 'cart', 9001],
    ['cart-1', 'cart', 9011],
    ['order', 'order', 9002],
    ['order-1', 'order', 9012],
    ['user', 'user', 9003],
    ['user-1', 'user', 9013],
    ['gateway', 'gateway', 9080],
  ])
  for (const { env } of plans) {
    expect(env).toMatchObject({
      STORE: 'cassandra',
      CASSANDRA_X: 'y',
      DATA_DIR: '/d',
      ORDER_URL: 'http://127.0.0.1:9002,http://127.0.0.1:9012',
    })
  }
  expect(envOf(plans, 'cart-1')).toMatchObject({ PORT: '9011', COPY: '1' })
})

test('every service accepts the settings of its plan', () => {
  const shops = [
    { ...options, watch: true },
    { ...options, store: 'cassandra', copies: 3 },
    { ...options, store: 'cassandra', copies: 2, watch: true },
  ] as const
  for (const shop of shops) {
    for (const { role, env } of planShop(shop, {})) {
      if (role !== 'gateway') loadConfig(commonSettings, env, commonRules)
    }
  }
})

test('what the user set reaches the processes, but moves no service', () => {
  const env = { LOG_LEVEL: 'debug', PORT: '1', HOST: '0.0.0.0', TRUSTED_PROXIES: '10.0.0.1' }
  const plans = planShop(options, env)
  expect(envOf(plans, 'cart')).toMatchObject({
    LOG_LEVEL: 'debug',
    PORT: '9001',
    HOST: '127.0.0.1',
    TRUSTED_PROXIES: '127.0.0.1',
  })
  expect(envOf(plans, 'gateway')).toMatchObject({
    PORT: '9080',
    HOST: '0.0.0.0',
    TRUSTED_PROXIES: '10.0.0.1',
  })
})

test('an IPv6 host is the same with brackets and without', () => {
  for (const HOST of ['::1', '[::1]']) {
    const plans = planShop(options, { HOST })
    expect(plans.find(({ role }) => role === 'gateway')?.host).toBe('::1')
    expect(envOf(plans, 'gateway')['HOST']).toBe('::1')
  }
})

test('fast shortens the order timers, and only then', () => {
  const timer = (fast: boolean) =>
    envOf(planShop({ ...options, fast }, {}), 'order')['ORDER_DELIVERY_MAX_MS']
  expect([timer(false), timer(true)]).toEqual([undefined, '1500'])
})
