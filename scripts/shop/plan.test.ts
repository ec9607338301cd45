/** What the start command starts. */
import { expect, test } from 'bun:test'
import { planShop, type ProcessPlan } from './plan.ts'
import type { StartOptions } from './options.ts'

const options: StartOptions = {
  port: 9080,
  servicesPort: 9000,
  dataDir: '/d',
  profile: 'demo',
  fast: false,
  watch: false,
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

test('fast shortens the order timers, and only then', () => {
  const timer = (fast: boolean) =>
    envOf(planShop({ ...options, fast }, {}), 'order')['ORDER_DELIVERY_MAX_MS']
  expect([timer(false), timer(true)]).toEqual([undefined, '1500'])
})
