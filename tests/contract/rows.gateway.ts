/** The gateway's rows of the contract, performed; each fails by itself where its row is not true. */
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { expect } from 'bun:test'
import { newId } from '../../core/values/ids.ts'
import { serviceNames } from '../../core/values/service-name.ts'
import { prefixes } from '../../services/gateway/paths.ts'
import { expectProblem } from '../support/expect-problem.ts'
import { eventually } from '../support/ledger.ts'
import { send } from '../support/send.ts'
import { startShop } from '../support/shop.ts'
import type { World } from './rows.ts'

export function gatewayRows({
  shop,
  client,
}: World): Readonly<Record<string, () => Promise<void>>> {
  const get = (path: string) => client.get('gateway', path)
  async function expectPage(path: string): Promise<void> {
    const answer = await get(path)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toStartWith('text/html')
  }
  async function expectBehindNginx(path: string): Promise<void> {
    expectProblem(await get(path), 404, 'not_found')
    const suite = join(import.meta.dir, '../nginx.test.ts')
    expect(readFileSync(suite, 'utf8').includes(`at('${path}`)).toBe(true)
  }
  return {
    async '/'() {
      const answer = await get('/')
      expect([answer.status, answer.headers.get('location')]).toEqual([302, '/docs/'])
    },
    '/docs/': () => expectPage('/docs/'),
    async '/docs/status.json'() {
      const answer = await get('/docs/status.json')
      expect(answer.status).toBe(200)
      const services = serviceNames.map((service) => expect.objectContaining({ service, ready: 1 }))
      expect(answer.json()).toMatchObject({ services, links: [] })
      await using production = await startShop({ processes: ['gateway'], profile: 'production' })
      expectProblem(await send('GET', `${production.urls.gateway}/docs/status.json`), 404)
    },
    '/swagger/': () => expectPage('/swagger/'),
    '/profiles/': () => expectPage('/profiles/'),
    async '/health/live'() {
      for (const probe of ['live', 'ready', 'startup']) {
        const answer = await get(`/health/${probe}`)
        expect([answer.status, answer.json()]).toEqual([200, { status: 'ok' }])
      }
    },
    async '/api/health/ready'() {
      for (const name of serviceNames) {
        for (const probe of ['live', 'ready', 'startup']) {
          expect((await get(`${prefixes[name]}/health/${probe}`)).status).toBe(200)
        }
      }
    },
    async '/api/metrics'() {
      for (const name of serviceNames) {
        expectProblem(await get(`${prefixes[name]}/metrics`), 404, 'not_found')
        expectProblem(await get(`${prefixes[name]}/internal/orders`), 404, 'not_found')
      }
    },
    // What runs behind nginx alone is asked there, with real pages or stand-ins.
    '/locust/': () => expectBehindNginx('/locust/'),
    '/search': () => expectBehindNginx('/search'),
    async 'any other path'() {
      expectProblem(await get(`/${newId()}`), 404, 'not_found')
    },
    async 'a service that is down'() {
      await shop.kill('cart')
      const answer = await get('/cart-api/cart/')
      expect([502, 503, 504]).toContain(answer.status)
      expectProblem(answer, answer.status)
      expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
      await shop.start('cart')
      await eventually('it is back', async () => (await get('/cart-api/health')).status === 200)
    },
    async 'more than the rate limit'() {
      await using strict = await startShop({
        processes: ['gateway'],
        env: { RATE_LIMIT_PER_SECOND: '0.01', RATE_LIMIT_BURST: '2' },
      })
      const ask = () => send('GET', `${strict.urls.gateway}/api/products/categories/list`)
      for (let count = 0; count < 2; count++) expectProblem(await ask(), 503)
      const answer = await ask()
      expectProblem(answer, 429, 'rate_limited')
      expect(answer.headers.get('ratelimit')).toMatch(/^"default";r=0;t=\d+$/)
      expect(answer.headers.get('ratelimit-policy')).toMatch(/^"default";q=2;w=\d+$/)
    },
    async 'more at once than an address may'() {
      await using strict = await startShop({
        processes: ['gateway'],
        env: { IN_FLIGHT_PER_ADDRESS: '1' },
      })
      const { gateway } = strict.ports
      const head =
        'POST /cart-api/cart/items HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 9\r\n\r\n'
      const slow = connect(gateway, '127.0.0.1')
      slow.write(`${head}{`)
      const post = () => send('POST', `${strict.urls.gateway}/cart-api/cart/items`, { json: {} })
      // The address waits for one body already; another place is free for what needs none.
      await eventually('it is refused', async () => (await post()).status === 429)
      const answer = await post()
      expectProblem(answer, 429, 'rate_limited')
      expect(answer.headers.get('retry-after')).toBe('1')
      expectProblem(await send('GET', `${strict.urls.gateway}/cart-api/cart/`), 503)
      slow.destroy()
    },
  }
}
