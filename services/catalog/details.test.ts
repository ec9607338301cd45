/** Single products: one read under a stampede, and the last good answer while the store is down. */
import { beforeEach, describe, expect, test } from 'bun:test'
import type { Asking } from '../../core/http/compression.ts'
import { problem } from '../../core/http/problem.ts'
import type { Reply } from '../../core/http/reply.ts'
import { derivedId } from '../../core/values/ids.ts'
import { manualClock } from '../../core/values/time.ts'
import { createDetails, type Details, type DetailsOptions } from './details.ts'
import { sampleProduct } from './store.conformance.ts'
import type { ProductStore, StockedProduct } from './store.ts'

const asking = (headers: Readonly<Record<string, string>> = {}): Asking => ({
  header: (name) => headers[name] ?? null,
})
const anyone = asking()

const apple: StockedProduct = { ...sampleProduct('яблоко'), version: 1, deleted: false }

const jsonOf = (reply: Reply): Record<string, unknown> =>
  JSON.parse(new TextDecoder().decode(reply.body as Uint8Array)) // details are bytes

const notFound = expect.objectContaining({ code: 'product_not_found' })
const unavailable = expect.objectContaining({ code: 'store_unavailable' })

describe('details', () => {
  let clock: ReturnType<typeof manualClock>
  let counts: { viewed: string[]; stale: number }
  let product: StockedProduct | null
  let down: boolean
  let reads: number

  const embedded: Pick<ProductStore, 'find'> = {
    find() {
      reads++
      if (down) throw problem('store_unavailable')
      return product
    },
  }
  /** A store across the network: every read takes a turn of the event loop. */
  const remote: Pick<ProductStore, 'find'> = {
    async find(id) {
      const found = embedded.find.bind(embedded, id)
      await new Promise((resolve) => setImmediate(resolve))
      return found()
    },
  }

  const create = (options: Partial<DetailsOptions> = {}): Details =>
    createDetails({
      store: embedded,
      clock,
      maxBytes: 100_000,
      onViewed: (category) => counts.viewed.push(category),
      onStale: () => counts.stale++,
      ...options,
    })

  beforeEach(() => {
    clock = manualClock(1_000_000)
    counts = { viewed: [], stale: 0 }
    product = apple
    down = false
    reads = 0
  })

  for (const [where, store] of [
    ['at hand', embedded],
    ['across the network', remote],
  ] as const) {
    describe(`of a store ${where}`, () => {
      let details: Details
      beforeEach(() => {
        details = create({ store })
      })
      const answer = async (who = anyone): Promise<Reply> => details.answer(apple.id, who)

      test('are rendered once per version and stock', async () => {
        const first = await answer()
        expect(first.headers.etag).toBe('"1.10"')
        expect(await answer()).toBe(first)
        expect(reads).toBe(2)
        product = { ...apple, available: 9 }
        const sold = await answer()
        expect(sold.headers.etag).toBe('"1.9"')
        expect(jsonOf(sold)).toEqual({ ...jsonOf(first), stock_count: 9 })
        expect(counts).toEqual({ viewed: ['Фрукты', 'Фрукты', 'Фрукты'], stale: 0 })
      })

      test('of an unknown or deleted product are not found', async () => {
        product = null
        await expect(answer()).rejects.toThrow(notFound)
        product = { ...apple, deleted: true }
        await expect(answer()).rejects.toThrow(notFound)
      })

      test('are served on while the store is down, with their age', async () => {
        const fresh = await answer()
        clock.advance(5_000)
        await answer()
        down = true
        clock.advance(7_999)
        const stale = await answer()
        expect(stale).toEqual(
          expect.objectContaining({
            status: 200,
            headers: { ...fresh.headers, age: '7', 'x-cache': 'stale' },
            body: fresh.body,
          }),
        )
        expect(counts.stale).toBe(1)
        const known = await answer(asking({ 'if-none-match': '"1.10"' }))
        expect(known).toMatchObject({ status: 304, headers: { 'x-cache': 'stale' } })
        down = false
        expect(await answer()).toBe(fresh)
      })

      test('of what was never seen are not there while the store is down', async () => {
        down = true
        await expect(answer()).rejects.toThrow(unavailable)
        expect(counts).toEqual({ viewed: [], stale: 0 })
      })

      test('of what was seen to be gone are not served on', async () => {
        await answer()
        product = { ...apple, deleted: true }
        await expect(answer()).rejects.toThrow(notFound)
        down = true
        await expect(answer()).rejects.toThrow(unavailable)
      })

      test('follow own writes even when the store goes down after them', async () => {
        await answer()
        details.wrote({ ...apple, name: 'Новое', version: 2 })
        down = true
        expect(jsonOf(await answer()).name).toBe('Новое')
        details.removed(apple.id)
        await expect(answer()).rejects.toThrow(unavailable)
      })
    })
  }

  test('another failure than that of the store is not hidden', () => {
    const broken = () => {
      throw new TypeError('a bug')
    }
    const details = create({
      store: { find: (id) => (reads++ === 0 ? embedded.find(id) : broken()) },
    })
    void details.answer(apple.id, anyone)
    expect(() => details.answer(apple.id, anyone)).toThrow('a bug')
  })

  test('a thousand who ask at once cost one read', async () => {
    const details = create({ store: remote })
    const replies = await Promise.all(
      Array.from({ length: 1_000 }, () => details.answer(apple.id, anyone)),
    )
    expect(reads).toBe(1)
    expect(new Set(replies).size).toBe(1)
    expect(counts.viewed).toHaveLength(1_000)
    await details.answer(apple.id, anyone)
    expect(reads).toBe(2)
  })

  test('a thousand who ask at once while the store is down cost one read, too', async () => {
    const details = create({ store: remote })
    await details.answer(apple.id, anyone)
    down = true
    const replies = await Promise.all(
      Array.from({ length: 1_000 }, () => details.answer(apple.id, anyone)),
    )
    expect(reads).toBe(2)
    expect(replies.every(({ headers }) => headers['x-cache'] === 'stale')).toBe(true)
  })

  test('who asks after a write does not get a read that began before it', async () => {
    const gates = [Promise.withResolvers<StockedProduct>(), Promise.withResolvers<StockedProduct>()]
    const waiting = [...gates]
    const details = create({ store: { find: () => waiting.shift()?.promise ?? null } })
    const before = details.answer(apple.id, anyone)
    details.wrote({ ...apple, version: 2 })
    const after = details.answer(apple.id, anyone)
    gates[1]?.resolve({ ...apple, version: 2 })
    expect((await after).headers.etag).toBe('"2.10"')
    gates[0]?.resolve(apple)
    expect((await before).headers.etag).toBe('"1.10"')
  })

  test('long ones are compressed for who wants that, once', async () => {
    product = { ...apple, description: 'Очень вкусное яблоко. '.repeat(40) }
    const details = create()
    const zipping = asking({ 'accept-encoding': 'gzip' })
    const zipped = await details.answer(apple.id, zipping)
    expect(zipped.headers).toMatchObject({ 'content-encoding': 'gzip', etag: '"1.10-gzip"' })
    expect(details.answer(apple.id, zipping)).toBe(zipped)
    down = true
    expect((await details.answer(apple.id, zipping)).headers).toMatchObject({
      'content-encoding': 'gzip',
      'x-cache': 'stale',
    })
    const br = await details.answer(apple.id, asking({ 'accept-encoding': 'br' }))
    expect(br.headers).toMatchObject({ 'content-encoding': 'br', age: '0', 'x-cache': 'stale' })
  })

  test('are kept within their bound', async () => {
    const store: Pick<ProductStore, 'find'> = {
      find(id) {
        if (down) throw problem('store_unavailable')
        return { ...apple, id }
      },
    }
    const details = create({ store, maxBytes: 20_000 })
    const ids = Array.from({ length: 100 }, (_, n) => derivedId<typeof apple.id>('test', `${n}`))
    for (const id of ids) await details.answer(id, anyone)
    down = true
    const kept = await Promise.allSettled(ids.map(async (id) => details.answer(id, anyone)))
    const served = kept.map(({ status }) => status === 'fulfilled')
    expect(served.lastIndexOf(false)).toBeGreaterThan(50)
    expect(served.indexOf(true)).toBe(served.lastIndexOf(false) + 1)
  })
})
