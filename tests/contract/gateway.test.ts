/** The gateway's rows of the HTTP contract, and how it treats a service that leaves. */
import { afterAll, describe, expect, test } from 'bun:test'
import { badTargetsFor } from '../../core/http/bad-targets.fixture.ts'
import { serviceNames } from '../../core/values/service-name.ts'
import { clientOf } from '../support/client.ts'
import { eventually } from '../support/ledger.ts'
import { rawHead, sendRaw } from '../support/raw.ts'
import { startShop } from '../support/shop.ts'
import { expectRefused, gatewayCases, shopEnv } from './gateway.cases.ts'

const shop = await startShop({ gateway: true, products: 16, env: shopEnv })
afterAll(shop.stop)

gatewayCases({ shop, client: clientOf(shop), url: shop.urls.gateway })

test.each([...serviceNames])('%s judges what it is asked itself', async (name) => {
  for (const target of badTargetsFor('', 'metrics')) {
    expectRefused(target, await sendRaw(shop.ports[name], rawHead('GET', target)))
  }
})

describe('a service that leaves', () => {
  test('a service that says it is not ready gets no more requests', async () => {
    await using leaving = await startShop({
      gateway: true,
      products: 8,
      env: { CHECK_INTERVAL_MS: '50' },
      envOf: { order: { DRAIN_DELAY_MS: '700' } },
    })
    const through = clientOf(leaving)
    const ended = leaving.kill('order', 'SIGTERM')
    const path = '/order-api/orders/statuses/list'
    await eventually('the gateway knows', async () => {
      const { status } = await through.get('gateway', path)
      expect([200, 503]).toContain(status)
      return status === 503
    })
    expect((await through.get('order', '/health/live')).status).toBe(200)
    expect(await ended).toBe(0)
  })
})
