/** Another program holds the write lock of a service's file: only writes hear of it. */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, expect, test } from 'bun:test'
import { clientOf } from '../support/client.ts'
import { expectProblem } from '../support/expect-problem.ts'
import { eventually } from '../support/ledger.ts'
import { send } from '../support/send.ts'
import { startShop } from '../support/shop.ts'

// It is a lock of SQLite, whatever the other suites run on.
const onFile = { store: 'sqlite', copies: 1 } as const
const shop = await startShop({ processes: ['catalog', 'user'], ...onFile })
afterAll(shop.stop)

const client = clientOf(shop)
const health = (kind: string) => send('GET', `${shop.urls.catalog}/health/${kind}`)

/** As a database browser holds it that has a change not saved yet. */
function lock(): () => void {
  const browser = new DatabaseSync(join(shop.directory, 'catalog', 'catalog.db'))
  browser.exec('BEGIN IMMEDIATE')
  return () => {
    browser.exec('ROLLBACK')
    browser.close()
  }
}

test('reads and probes go on while writes wait, and then are refused for good', async () => {
  const product = await client.createProduct({ stock_count: 5 })
  const unseen = await client.createProduct()
  const path = `/products/${product.product_id}`
  const unlock = lock()
  let written = false
  const change = client
    .call('catalog', 'PUT', path, { json: { stock_count: 7 }, token: client.tokens.admin() })
    .finally(() => (written = true))
  let answered = 0
  while (!written) {
    const others = [
      client.call('catalog', 'GET', `/products/${unseen.product_id}`),
      health('live'),
      health('ready'),
    ]
    for (const answer of others) expect((await answer).status).toBe(200)
    answered += others.length
  }
  // A process that waits inside of its event loop answers hardly any of them.
  expect(answered).toBeGreaterThan(30)

  const refused = await change
  expectProblem(refused, 503, 'store_unavailable')
  expect(refused.headers.get('retry-after')).toBe('1')
  unlock()
  // What was refused is not done later either.
  expect((await client.createProduct()).stock_count).toBe(10)
  await eventually('the product is read afresh', async () => {
    const answer = await client.call('catalog', 'GET', path)
    return (answer.json() as { stock_count: number }).stock_count === 5
  })
})

test('a start under a lock waits for it, and says meanwhile that it lives', async () => {
  await shop.kill('catalog', 'SIGTERM')
  const unlock = lock()
  const started = shop.start('catalog')
  await eventually('it listens', () =>
    health('live').then(
      ({ status }) => status === 200,
      () => false,
    ),
  )
  expect((await health('ready')).json()).toMatchObject({ reason: 'starting' })
  unlock()
  await started
})
