/** Planted causes under the real stack: each alert fires, is told, and resolves; nothing else pages. */
import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { newId } from '../core/values/ids.ts'
import { eventually } from './support/ledger.ts'
import { send, type Answered } from './support/send.ts'
import { Categories, conform, Page, Token } from './support/shapes.ts'
import { patience, stackPrograms, testStack } from './support/stack.ts'
import { testsNeed } from './support/tools.ts'

setDefaultTimeout(400_000)

const able = testsNeed(...stackPrograms)

describe.skipIf(!able)('an alert', async () => {
  if (!able) return
  const stack = await testStack(['--without', 'jaeger,locust', '--fast'])
  const { telegram, pidOf } = stack
  await stack.up()
  afterAll(stack.stop)
  const url = `http://127.0.0.1:${stack.portOf('nginx')}`

  async function signIn(): Promise<string> {
    const username = `alerts-${newId()}`
    const password = 'correct horse'
    const json = { username, password, full_name: 'Alerts' }
    expect((await send('POST', `${url}/user-api/users/register`, { json })).status).toBe(200)
    const form = { username, password }
    return conform(Token, (await send('POST', `${url}/user-api/token`, { form })).json())
      .access_token
  }
  async function anyProduct(): Promise<string> {
    const categories = await send('GET', `${url}/api/products/categories/list`)
    const [category] = conform(Categories, categories.json())
    const query = new URLSearchParams({ category: category?.name ?? '' }).toString()
    const page = await send('GET', `${url}/api/products/?${query}`)
    return conform(Page, page.json()).items[0]?.product_id ?? ''
  }
  const token = await signIn()
  const product_id = await anyProduct()
  const add = (): Promise<Answered> =>
    send('POST', `${url}/cart-api/cart/items`, { token, json: { product_id, quantity: 1 } })
  const order = (): Promise<Answered> =>
    send('POST', `${url}/order-api/orders/`, {
      token,
      json: { items: [{ product_id, quantity: 1 }] },
    })

  const fired = new Set<string>()
  const firesUntil = async (wanted: readonly string[]): Promise<void> => {
    const found = new Set<string>()
    await eventually(
      `these fire: ${wanted.join(', ')}`,
      async () => {
        for (const alert of await stack.firing()) {
          found.add(alert)
          fired.add(alert)
        }
        return wanted.every((alert) => found.has(alert))
      },
      patience,
    )
  }
  const quiet = () =>
    eventually('nothing fires', async () => (await stack.firing()).length === 0, patience)
  const told = (alertname: string) =>
    eventually(`${alertname} was told`, () => telegram.texts(alertname).length > 0, patience)
  const resolved = (alertname: string) =>
    eventually(
      `the end of ${alertname} was told`,
      () => telegram.texts(alertname).some((text) => text.includes('RESOLVED')),
      // The half hour of the burning budget is remembered for 90 s at this pace.
      2 * patience,
    )

  test('is not there while all is well', async () => {
    for (let count = 0; count < 20; count++) expect((await add()).status).toBe(200)
    await eventually('all is scraped', async () => (await stack.scraped()).length === 8, patience)
    expect(await stack.firing()).toEqual([])
  })

  test('tells of a user service that hangs, of the sessions that others no longer hear of, and of the outbox', async () => {
    expect((await order()).status).toBe(200)
    process.kill(pidOf('user'), 'SIGSTOP')
    await firesUntil([
      'ServiceDown user',
      'OutboxLag order',
      'RevocationFeedLag cart',
      'RevocationFeedLag catalog',
      'RevocationFeedLag order',
    ])
    for (const alert of ['ServiceDown', 'OutboxLag', 'RevocationFeedLag']) await told(alert)
    process.kill(pidOf('user'), 'SIGCONT')
    await quiet()
    for (const alert of ['ServiceDown', 'OutboxLag', 'RevocationFeedLag']) await resolved(alert)
  })

  test('tells of a catalog that hangs by what its callers see', async () => {
    let over = false
    const buyers = Array.from({ length: 6 }, async () => {
      while (!over) await add().catch(() => null)
    })
    try {
      process.kill(pidOf('catalog'), 'SIGSTOP')
      await firesUntil(['ServiceDown catalog', 'ErrorRateHigh cart', 'ErrorBudgetBurnFast cart'])
      await told('ErrorBudgetBurnFast')
      process.kill(pidOf('catalog'), 'SIGCONT')
    } finally {
      over = true
      await Promise.all(buyers)
    }
    await eventually('the catalog is well', async () => (await add()).status === 200, patience)
    await resolved('ErrorBudgetBurnFast')
    // The cart's error rate follows from its burning budget, and is not told apart from it.
    expect(telegram.texts('<b>ErrorRateHigh</b>: cart')).toEqual([])
  })

  test('woke nobody for anything else', () => {
    const critical = ['ServiceDown user', 'ServiceDown catalog', 'ErrorBudgetBurnFast cart']
    const paging = [...fired].filter((alert) =>
      /^(ServiceDown|ErrorBudgetBurnFast|Gateway|Stock|Disk)/.test(alert),
    )
    expect(paging.sort()).toEqual(critical.sort())
  })
})
