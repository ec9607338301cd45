/**
 * Two copies of the catalog behind the gateway and behind the cart: one is killed, hangs, or drains
 * under load. Each has a file of its own with the same demo products, so no cluster is needed for what
 * is shown here: where requests go, and that none is made twice.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { newId } from '../../core/values/ids.ts'
import { createBuyer, type Buyer } from '../support/buyers.ts'
import { eventually } from '../support/ledger.ts'
import { freePorts } from '../support/ports.ts'
import { shopProcess, type ShopProcess } from '../support/process.ts'
import { startShop, type Shop } from '../support/shop.ts'

setDefaultTimeout(120_000)

const directory = mkdtempSync(join(tmpdir(), 'copies-'))
const category = encodeURIComponent('Фрукты')

interface Copy {
  readonly url: string
  readonly file: string
  readonly process: ShopProcess
}

let shop: Shop
let copies: readonly [Copy, Copy]
/** Demo products, which both copies have. */
let products: readonly string[]

beforeAll(async () => {
  const [first = 0, second = 0] = await freePorts(2)
  const urls = [first, second].map((port) => `http://127.0.0.1:${port}`).join(',')
  const env = { CATALOG_URL: urls, CHECK_INTERVAL_MS: '100', DRAIN_DELAY_MS: '500' }
  shop = await startShop({
    processes: ['cart', 'order', 'user', 'gateway'],
    gateway: true,
    directory,
    env,
    store: 'sqlite',
    copies: 1,
  })
  const own = { ...env, USER_URL: shop.urls.user }
  copies = [catalogCopy(first, own), catalogCopy(second, own)]
  for (const { process } of copies) process.start()
  for (const copy of copies) await isReady(copy)
  const list = await fetch(`${copies[0].url}/products/?category=${category}`)
  const { items } = (await list.json()) as { items: { product_id: string }[] }
  products = items.map(({ product_id }) => product_id)
  await eventually('the gateway asks both', bothAsked)
})
afterAll(async () => {
  await shop.stop()
  for (const { process } of copies) {
    process.signal('SIGCONT')
    await process.end('SIGKILL')
  }
  rmSync(directory, { recursive: true, force: true })
})

function catalogCopy(port: number, env: Readonly<Record<string, string>>): Copy {
  const own = join(directory, `copy-${port}`)
  mkdirSync(own)
  return {
    url: `http://127.0.0.1:${port}`,
    file: join(own, 'catalog/catalog.db'),
    process: shopProcess({
      main: 'services/catalog/main.ts',
      logFile: join(own, 'log'),
      env: {
        PATH: process.env['PATH'] ?? '',
        PROFILE: 'demo',
        PORT: String(port),
        DATA_DIR: own,
        KEYS_DIR: join(directory, 'keys'),
        DEMO_PRODUCTS: '80',
        LOG_LEVEL: 'warn',
        ...env,
      },
    }),
  }
}

const isReady = ({ url }: Copy): Promise<void> =>
  eventually(`${url} is ready`, () =>
    fetch(`${url}/health/ready`, { keepalive: false }).then(
      ({ status }) => status === 200,
      () => false,
    ),
  )

/** Requests for products that a copy has had. */
async function askedOf({ url }: Copy): Promise<number> {
  const page = await (await fetch(`${url}/metrics`, { keepalive: false })).text()
  const counts = page.matchAll(/^http_requests_total\{[^}]*route="\/products\/[^}]*\} (\d+)/gm)
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0)
}

/** Through the gateway, so often that both have their turn. */
async function bothAsked(): Promise<boolean> {
  const before = await Promise.all(copies.map(askedOf))
  for (let call = 0; call < 6; call++) await read(products[0] ?? '')
  const after = await Promise.all(copies.map(askedOf))
  return after.every((count, at) => count > (before[at] ?? 0))
}

const read = (product: string) => fetch(`${shop.urls.gateway}/api/products/${product}`)

interface Tally {
  answered: number
  readonly failed: string[]
}

/** Reads through the gateway, and cart changes for which the cart asks the catalog, until told to stop. */
async function shopper(buyer: Buyer, tally: Tally, on: () => boolean): Promise<void> {
  const gateway = shop.urls.gateway
  for (let turn = 0; on(); turn++) {
    const product = products[turn % products.length] ?? ''
    const item = { product_id: product, quantity: 1 }
    const calls = [
      ['GET', `/api/products/?category=${category}`],
      ['GET', `/api/products/${product}`],
      ['POST', '/cart-api/cart/items', item],
      ['DELETE', '/cart-api/cart/'],
    ] as const
    for (const [method, path, body] of calls) {
      const answer = await buyer.call(gateway, method, path, body).catch(String)
      const status = typeof answer === 'string' ? answer : answer.status
      if (status === 200) tally.answered++
      else tally.failed.push(`${method} ${path}: ${JSON.stringify(answer)}`)
    }
  }
}

/** Runs `task` while shoppers are busy; they go on for a while after it. */
async function underLoad(task: (tally: Tally) => Promise<void>): Promise<Tally> {
  const tally: Tally = { answered: 0, failed: [] }
  let on = true
  const load = Promise.all(
    Array.from({ length: 8 }, () => shopper(createBuyer(shop), tally, () => on)),
  )
  const settle = async (): Promise<void> => {
    const goal = tally.answered + 200
    await eventually('the load goes on', () => tally.answered >= goal || tally.failed.length > 0)
  }
  await settle()
  await task(tally)
  await settle()
  on = false
  await load
  return tally
}

describe('one of two copies', () => {
  test('that is killed costs no read and no call between services', async () => {
    const tally = await underLoad(async (load) => {
      for (let kill = 0; kill < 4; kill++) {
        const victim = copies[kill % 2 === 0 ? 0 : 1]
        await victim.process.end('SIGKILL')
        const goal = load.answered + 100
        await eventually('the other serves', () => load.answered >= goal)
        victim.process.start()
        await isReady(victim)
        await eventually('both are asked', bothAsked)
      }
    })
    expect(tally.failed).toEqual([])
    console.log(`4 kills: ${tally.answered} answered, none failed`)
  })

  test('that drains cuts nothing and refuses nothing', async () => {
    const tally = await underLoad(async () => {
      for (const copy of copies) {
        expect(await copy.process.end('SIGTERM')).toBe(0)
        copy.process.start()
        await isReady(copy)
        await eventually('both are asked', bothAsked)
      }
    })
    expect(tally.failed).toEqual([])
    console.log(`2 drains: ${tally.answered} answered, none failed`)
  })

  test('that hangs is left out, costs no read, and is asked again when it goes on', async () => {
    const [stopped] = copies
    let out = 0
    const tally = await underLoad(async () => {
      const since = performance.now()
      stopped.process.signal('SIGSTOP')
      // The copy is out when as many reads as both would share come back one after the other.
      await eventually('nobody waits for it', async () => {
        const began = performance.now()
        for (let call = 0; call < 10; call++)
          expect((await read(products[0] ?? '')).status).toBe(200)
        return performance.now() - began < 500
      })
      out = Math.round(performance.now() - since)
      stopped.process.signal('SIGCONT')
      await eventually('both are asked', bothAsked)
    })
    expect(tally.failed).toEqual([])
    console.log(`hung: out after at most ${out} ms, ${tally.answered} answered, none failed`)
  })

  test('that is killed doubles no write: each is answered, or refused as a problem', async () => {
    const admin = createBuyer(shop, 'admin')
    const sent = new Map<string, number>()
    const strange: string[] = []
    let on = true
    const write = async (): Promise<void> => {
      while (on) {
        const name = `Товар ${newId<string>()}`
        const body = { name, category: 'Проба', price: 10, stock_count: 1 }
        const answer = await admin.call(shop.urls.gateway, 'POST', '/api/products/', body)
        sent.set(name, answer.status)
        const type = answer.headers.get('content-type')
        const refused =
          (answer.status === 502 || answer.status === 503) &&
          type === 'application/problem+json' &&
          answer.headers.has('retry-after')
        if (answer.status !== 201 && !refused) strange.push(`${answer.status} ${answer.text}`)
      }
    }
    const load = Promise.all(Array.from({ length: 8 }, write))
    for (let kill = 0; kill < 4; kill++) {
      const goal = sent.size + 100
      await eventually('the load goes on', () => sent.size >= goal)
      const victim = copies[kill % 2 === 0 ? 0 : 1]
      await victim.process.end('SIGKILL')
      victim.process.start()
      await isReady(victim)
      await eventually('both are asked', bothAsked)
    }
    on = false
    await load

    const written = copies.flatMap(({ file }) => namesIn(file))
    expect(strange).toEqual([])
    expect(new Set(written).size).toBe(written.length)
    const acknowledged = [...sent].filter(([, status]) => status === 201).map(([name]) => name)
    expect(acknowledged.filter((name) => !written.includes(name))).toEqual([])
    const refused = sent.size - acknowledged.length
    console.log(`4 kills: ${acknowledged.length} products made, ${refused} refused, none twice`)
  })
})

function namesIn(file: string): readonly string[] {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    return database
      .prepare("SELECT name FROM products WHERE category = 'Проба'")
      .all()
      .map(({ name }) => String(name))
  } finally {
    database.close()
  }
}
