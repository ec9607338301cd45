/** What every cart store must do with views; part of the suite in store.conformance.ts. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { newId, type ProductId, type UserId } from '../../core/values/ids.ts'
import { manualClock, millis } from '../../core/values/time.ts'
import { maxViews, type CartStore } from './store.ts'

type Clock = ReturnType<typeof manualClock>

/** What a store does with what has had its time: drops it when it is asked to, or lets it lapse. */
export type Expiry = 'dropped' | 'lapses'

/** `open` gives an empty store. */
export function viewConformance(
  name: string,
  open: (clock: Clock) => Promise<CartStore>,
  expiry: Expiry,
): void {
  describe(`${name} cart store, views`, () => {
    const user = newId<UserId>()
    let clock: Clock
    let store: CartStore

    beforeEach(async () => {
      clock = manualClock(1_800_000_000_000)
      store = await open(clock)
    })
    afterEach(() => store.close())

    const products = (count: number): readonly ProductId[] =>
      Array.from({ length: count }, () => newId<ProductId>())

    /** Each step leaves few enough views, each product once, the newest first. */
    async function viewed(of = user): Promise<readonly ProductId[]> {
      const views = await store.views(of)
      expect(views.length).toBeLessThanOrEqual(maxViews)
      expect(new Set(views.map(({ productId }) => productId)).size).toBe(views.length)
      const times = views.map(({ at }) => at)
      expect(times).toEqual(times.toSorted((a, b) => b - a))
      return views.map(({ productId }) => productId)
    }

    async function look(productId: ProductId, of = user): Promise<void> {
      await store.noteView(of, { productId, at: clock.now() })
      expect((await viewed(of))[0]).toBe(productId)
    }

    test('of somebody who has looked at nothing there are none', async () => {
      expect(await store.views(user)).toEqual([])
    })

    test('are told newest first with their times, by user', async () => {
      const [apples, pears] = products(2) as [ProductId, ProductId]
      const first = clock.now()
      await look(apples)
      clock.advance(1_000)
      await look(pears)
      await look(apples, newId<UserId>())
      expect(await store.views(user)).toEqual([
        { productId: pears, at: clock.now() },
        { productId: apples, at: first },
      ])
    })

    test('of a product seen again move to the front instead of standing twice', async () => {
      const [apples, pears, plums] = products(3) as [ProductId, ProductId, ProductId]
      for (const product of [apples, pears, plums, apples, apples]) {
        clock.advance(1)
        await look(product)
      }
      expect(await viewed()).toEqual([apples, plums, pears])
      expect((await store.views(user))[0]?.at).toBe(clock.now())
    })

    test('past the tenth drop the oldest for good', async () => {
      const all = products(maxViews + 3)
      for (const product of all) {
        clock.advance(1)
        await look(product)
      }
      expect(await viewed()).toEqual(all.slice(3).reverse())
      expect(await store.forgetViews(clock.now(), 100)).toBe(expiry === 'dropped' ? maxViews : 0)
    })

    test('of one millisecond, or of a slower clock, stand in the order in which they came', async () => {
      const all = products(4)
      for (const product of all) await look(product)
      clock.advance(-5_000)
      const late = newId<ProductId>()
      await look(late)
      expect(await viewed()).toEqual([late, ...all.toReversed()])
    })

    test('of many at once leave ten', async () => {
      const all = products(30)
      await Promise.all(
        all.map((productId) => store.noteView(user, { productId, at: clock.now() })),
      )
      expect(await viewed()).toHaveLength(maxViews)
    })

    if (expiry === 'dropped')
      test('are forgotten by their age, in steps, and never the younger ones', async () => {
        const [old, older, young] = products(3) as [ProductId, ProductId, ProductId]
        const start = clock.now()
        await look(old)
        await look(older, newId<UserId>())
        clock.advance(1_000)
        await look(young)
        expect(await store.forgetViews(millis(start - 1), 10)).toBe(0)
        expect(await store.forgetViews(start, 1)).toBe(1)
        expect(await store.forgetViews(start, 1)).toBe(1)
        expect(await store.forgetViews(start, 1)).toBe(0)
        expect(await viewed()).toEqual([young])
      })
  })
}
