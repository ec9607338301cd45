/** The suite that every cart store must pass; the invariant is checked after each step. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { alwaysWanted } from '../../core/http/wanted.ts'
import {
  newId,
  type CartLineId,
  type CheckoutId,
  type OrderId,
  type ProductId,
  type Revision,
  type UserId,
} from '../../core/values/ids.ts'
import { minor } from '../../core/values/money.ts'
import { manualClock, millis } from '../../core/values/time.ts'
import { orderedLines, type CartLine } from './cart.ts'
import type { CartStore, Closing, OpenCheckout } from './store.ts'
import { viewConformance, type Expiry } from './views.conformance.ts'

type Clock = ReturnType<typeof manualClock>

const start = 1_800_000_000_000
const day = 24 * 60 * 60 * 1000

/** `openEmpty` gives a store without carts. */
export function cartStoreConformance(
  name: string,
  openEmpty: (clock: Clock) => Promise<CartStore>,
  expiry: Expiry,
): void {
  viewConformance(name, openEmpty, expiry)

  describe(`${name} cart store`, () => {
    let clock: Clock
    let store: CartStore
    let user: UserId
    /** Every revision that the cart has had. */
    let revisions: Set<Revision>
    let lastRevision: Revision | null

    beforeEach(async () => {
      clock = manualClock(start)
      store = await openEmpty(clock)
      user = newId<UserId>()
      revisions = new Set()
      lastRevision = null
    })
    afterEach(() => store.close())

    const line = (quantity: number): CartLine => ({
      id: newId<CartLineId>(),
      productId: newId<ProductId>(),
      quantity,
      addedAt: clock.now(),
    })

    /** Lines are positive and one a product; a revision that was left never comes back. */
    async function expectInvariant(): Promise<void> {
      const { cart, open } = await store.load(user)
      if (open !== null) expect(open.userId).toBe(user)
      expect((await store.openCheckouts(clock.now())).count).toBe(open === null ? 0 : 1)
      if (cart === null) return
      expect(cart.lines.every((each) => each.quantity > 0)).toBe(true)
      expect(new Set(cart.lines.map((each) => each.productId)).size).toBe(cart.lines.length)
      if (cart.revision !== lastRevision) expect(revisions).not.toContain(cart.revision)
      revisions.add(cart.revision)
      lastRevision = cart.revision
    }

    async function put(lines: readonly CartLine[]): Promise<Revision> {
      const { cart } = await store.load(user)
      const revision = newId<Revision>()
      const next = { revision, lines, at: clock.now() }
      expect(await store.save(user, cart?.revision ?? null, next)).toBe(true)
      await expectInvariant()
      return revision
    }

    const checkoutOf = (
      revision: Revision,
      lines: readonly CartLine[],
      changes: Partial<OpenCheckout> = {},
    ): OpenCheckout => ({
      id: newId<CheckoutId>(),
      userId: user,
      orderId: newId<OrderId>(),
      key: null,
      fingerprint: 'f',
      lines: orderedLines(lines),
      expectedTotal: null,
      revision,
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00',
      openedAt: clock.now(),
      attempt: 1,
      attemptedAt: clock.now(),
      ...changes,
    })

    async function opened(
      lines: readonly CartLine[],
      changes: Partial<OpenCheckout> = {},
    ): Promise<OpenCheckout> {
      const checkout = checkoutOf(await put(lines), lines, changes)
      expect(await store.openCheckout(checkout)).toEqual({ kind: 'opened' })
      await expectInvariant()
      return checkout
    }

    const made = (body = '{"first":"answer"}'): Closing => ({
      kind: 'made',
      answer: { status: 200, body },
      answerUntil: millis(clock.now() + day),
    })

    async function close({ id }: OpenCheckout, closing: Closing): Promise<boolean> {
      const now = { revision: newId<Revision>(), at: clock.now() }
      const closed = await store.closeCheckout(user, id, closing, now)
      await expectInvariant()
      return closed
    }

    const openingOf = async (checkout: OpenCheckout) => (await store.openCheckout(checkout)).kind

    const linesNow = async () => (await store.load(user)).cart?.lines ?? []

    describe('lines', () => {
      test('a user who never came has no cart and no checkout', async () => {
        expect(await store.load(user)).toEqual({ cart: null, open: null })
      })

      test('what is saved is loaded, and other users see nothing of it', async () => {
        const lines = [line(2), line(99)]
        const revision = await put(lines)
        const at = clock.now()
        expect((await store.load(user)).cart).toEqual({
          revision,
          lines,
          updatedAt: at,
          usedAt: at,
        })
        expect((await store.load(newId<UserId>())).cart).toBeNull()
      })

      test('a save on an old revision changes nothing', async () => {
        const first = await put([line(1)])
        const lines = [line(2)]
        await put(lines)
        const next = { revision: newId<Revision>(), lines: [], at: clock.now() }
        expect(await store.save(user, first, next)).toBe(false)
        expect(await store.save(user, null, next)).toBe(false)
        expect(await linesNow()).toEqual(lines)
      })

      test('of many saves at once on one revision exactly one holds', async () => {
        const saveTimes = async (expected: Revision | null) => {
          const saves = Array.from({ length: 20 }, () => {
            const next = { revision: newId<Revision>(), lines: [line(1)], at: clock.now() }
            return store.save(user, expected, next)
          })
          const held = (await Promise.all(saves)).filter(Boolean)
          await expectInvariant()
          return held.length
        }
        expect(await saveTimes(null)).toBe(1)
        expect(await saveTimes(lastRevision)).toBe(1)
        expect(await saveTimes(null)).toBe(0)
      })

      test('a look notes the use and keeps revision and time of change', async () => {
        const revision = await put([line(1)])
        clock.advance(5_000)
        const lines = [{ ...line(1), shownPrice: minor(6_590) }]
        expect(await store.touch(user, revision, { at: clock.now(), lines })).toBe(true)
        const late = { at: millis(0), lines: [line(9)] }
        expect(await store.touch(user, newId<Revision>(), late)).toBe(false)
        expect((await store.load(user)).cart).toMatchObject({
          revision,
          lines,
          updatedAt: millis(start),
          usedAt: clock.now(),
        })
      })

      if (expiry === 'dropped')
        test('carts go when nobody used them for long, but not while a checkout is open', async () => {
          const used = clock.now()
          const checkout = await opened([line(1)])
          const other = newId<UserId>()
          const next = { revision: newId<Revision>(), lines: [line(1)], at: clock.now() }
          await store.save(other, null, next)
          expect(await store.dropUnused(millis(used - 1), 10)).toBe(0)
          expect(await store.dropUnused(used, 10)).toBe(1)
          expect((await store.load(other)).cart).toBeNull()
          expect(await linesNow()).toHaveLength(1)
          await close(checkout, { kind: 'void' })
          expect(await store.dropUnused(clock.now(), 10)).toBe(1)
          expect((await store.load(user)).cart).toBeNull()
        })
    })

    describe('a list of all carts', () => {
      async function filled(count: number): Promise<readonly UserId[]> {
        const users = Array.from({ length: count }, () => newId<UserId>())
        for (const each of users) {
          const next = { revision: newId<Revision>(), lines: [line(1)], at: clock.now() }
          expect(await store.save(each, null, next)).toBe(true)
        }
        return users
      }

      /** All pages; `meanwhile` runs after each. */
      async function pages(
        limit: number,
        usedAfter: number,
        meanwhile: () => Promise<unknown> = async () => {},
      ): Promise<readonly UserId[]> {
        const found: UserId[] = []
        for (;;) {
          const page = await store.carts({
            after: found.at(-1) ?? null,
            usedAfter: millis(usedAfter),
            limit,
            wanted: alwaysWanted,
          })
          expect(page.length).toBeLessThanOrEqual(limit)
          found.push(...page.map(({ userId }) => userId))
          if (page.length < limit) return found
          await meanwhile()
        }
      }

      test('has each once, with what it holds, whatever the size of a page', async () => {
        expect(await pages(10, 0)).toEqual([])
        const users = await filled(7)
        for (const limit of [1, 3, 7, 100]) {
          const found = await pages(limit, 0)
          expect(found).toHaveLength(users.length)
          expect(new Set(found)).toEqual(new Set(users))
        }
        for (const { userId, cart } of await store.carts({
          after: null,
          usedAfter: millis(0),
          limit: 7,
          wanted: alwaysWanted,
        })) {
          expect((await store.load(userId)).cart).toEqual(cart)
        }
      })

      test('neither repeats nor skips a cart that is changed or emptied meanwhile', async () => {
        const users = await filled(6)
        const changeAll = async () => {
          clock.advance(1)
          for (const each of users) {
            const { cart } = await store.load(each)
            const next = { revision: newId<Revision>(), lines: [], at: clock.now() }
            expect(await store.save(each, cart?.revision ?? null, next)).toBe(true)
          }
        }
        const found = await pages(2, 0, changeAll)
        expect(found).toHaveLength(users.length)
        expect(new Set(found)).toEqual(new Set(users))
      })

      test('leaves out what nobody has used for long, also before it is dropped', async () => {
        const old = await filled(3)
        const used = clock.now()
        clock.advance(1)
        const fresh = await filled(3)
        expect(new Set(await pages(2, used))).toEqual(new Set(fresh))
        expect(new Set(await pages(2, used - 1))).toEqual(new Set([...old, ...fresh]))
      })
    })

    describe('opening', () => {
      test('an open checkout is loaded as it was opened', async () => {
        const checkout = await opened([line(2)], { key: 'k' })
        expect((await store.load(user)).open).toEqual(checkout)
      })

      test('of many checkouts at once exactly one opens', async () => {
        const lines = [line(1)]
        const revision = await put(lines)
        const tries = Array.from({ length: 20 }, () =>
          store.openCheckout(checkoutOf(revision, lines)),
        )
        const openings = await Promise.all(tries)
        expect(openings.filter(({ kind }) => kind === 'opened')).toHaveLength(1)
        expect(openings.filter(({ kind }) => kind === 'blocked')).toHaveLength(19)
        await expectInvariant()
      })

      test('a second one does not open while the first is open', async () => {
        const lines = [line(1)]
        const first = await opened(lines)
        const second = checkoutOf(first.revision, lines)
        expect(await store.openCheckout(second)).toEqual({ kind: 'blocked', by: first })
        expect((await store.load(user)).open).toEqual(first)
      })

      test('none opens on a revision that has moved, or without a cart', async () => {
        const lines = [line(1)]
        expect(await openingOf(checkoutOf(newId<Revision>(), lines))).toBe('moved')
        const old = await put(lines)
        await put([line(3)])
        expect(await openingOf(checkoutOf(old, lines))).toBe('moved')
        expect((await store.load(user)).open).toBeNull()
      })

      test('two users check out beside each other', async () => {
        const first = await opened([line(1)])
        user = newId<UserId>()
        lastRevision = null
        const lines = [line(1)]
        const next = { revision: newId<Revision>(), lines, at: clock.now() }
        await store.save(user, null, next)
        expect(await openingOf(checkoutOf(next.revision, lines))).toBe('opened')
        expect((await store.load(first.userId)).open).toEqual(first)
      })
    })

    describe('driving', () => {
      test('a claim counts the attempts and succeeds for one of many', async () => {
        const checkout = await opened([line(1)])
        clock.advance(2_000)
        const claim = { attempt: 2, at: clock.now() }
        const tries = Array.from({ length: 10 }, () =>
          store.claimCheckout(user, checkout.id, 1, claim),
        )
        expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(1)
        expect((await store.load(user)).open).toEqual({
          ...checkout,
          attempt: 2,
          attemptedAt: clock.now(),
        })
      })

      test('only the last attempt may abandon, and frees cart and key', async () => {
        const lines = [line(1)]
        const checkout = await opened(lines, { key: 'k' })
        await store.claimCheckout(user, checkout.id, 1, { attempt: 2, at: clock.now() })
        expect(await store.abandonCheckout(user, checkout.id, 1)).toBe(false)
        expect((await store.load(user)).open).not.toBeNull()
        expect(await store.abandonCheckout(user, checkout.id, 2)).toBe(true)
        expect(await store.abandonCheckout(user, checkout.id, 2)).toBe(false)
        expect(await linesNow()).toEqual(lines)
        expect(await store.answerOfKey(user, 'k')).toBeNull()
        await expectInvariant()
      })

      test('idle checkouts are found, the longest idle first, and leave the list with a claim', async () => {
        const first = await opened([line(1)])
        const firstUser = user
        clock.advance(1_000)
        const lines = [line(1)]
        user = newId<UserId>()
        const next = { revision: newId<Revision>(), lines, at: clock.now() }
        await store.save(user, null, next)
        const second = checkoutOf(next.revision, lines)
        await store.openCheckout(second)

        const at = clock.now()
        expect(await store.idleCheckouts(millis(at - 1_001), 10)).toEqual([])
        expect(await store.idleCheckouts(millis(at - 1_000), 10)).toEqual([first])
        expect(await store.idleCheckouts(at, 10)).toEqual([first, second])
        expect(await store.idleCheckouts(at, 1)).toEqual([first])
        expect(await store.openCheckouts(at)).toEqual({ count: 2, oldest: millis(1_000) })
        clock.advance(1)
        await store.claimCheckout(firstUser, first.id, 1, { attempt: 2, at: clock.now() })
        expect(await store.idleCheckouts(at, 10)).toEqual([second])
      })
    })

    describe('closing', () => {
      test('takes exactly the ordered lines and quantities out', async () => {
        const [apples, pears, plums] = [line(2), line(5), line(1)]
        const checkout = await opened([apples, pears])
        await put([{ ...apples, quantity: 3 }, { ...pears, quantity: 4 }, plums])
        expect(await close(checkout, made())).toBe(true)
        expect(await linesNow()).toEqual([{ ...apples, quantity: 1 }, plums])
        expect((await store.load(user)).open).toBeNull()
      })

      test('leaves a line alone that was removed and added again', async () => {
        const apples = line(2)
        const checkout = await opened([apples])
        const again = { ...apples, id: newId<CartLineId>(), quantity: 3 }
        await put([again])
        await close(checkout, made())
        expect(await linesNow()).toEqual([again])
      })

      test('a second close changes nothing', async () => {
        const apples = line(2)
        const checkout = await opened([apples], { key: 'k' })
        await put([{ ...apples, quantity: 9 }])
        expect(await close(checkout, made('1'))).toBe(true)
        const before = await store.load(user)
        expect(await close(checkout, made('2'))).toBe(false)
        expect(await store.load(user)).toEqual(before)
        expect((await store.answerOfKey(user, 'k'))?.body).toBe('1')
      })

      test('of many closes at once exactly one holds', async () => {
        const apples = line(2)
        const checkout = await opened([apples])
        await put([{ ...apples, quantity: 99 }])
        const tries = Array.from({ length: 10 }, () => close(checkout, made()))
        expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(1)
        expect(await linesNow()).toEqual([{ ...apples, quantity: 97 }])
      })

      test('a late close does not touch the checkout that came after', async () => {
        const first = await opened([line(1)])
        await store.abandonCheckout(user, first.id, 1)
        const second = await opened([line(4)])
        expect(await close(first, made())).toBe(false)
        expect((await store.load(user)).open).toEqual(second)
        expect(await linesNow()).toHaveLength(1)
      })

      test('a rejection keeps the cart and the answer, under a new revision', async () => {
        const lines = [line(2)]
        const checkout = await opened(lines, { key: 'k', fingerprint: 'own' })
        const answer = { status: 409, body: '{"code":"out_of_stock"}' }
        const answerUntil = millis(clock.now() + day)
        await close(checkout, { kind: 'rejected', answer, answerUntil })
        expect(await linesNow()).toEqual(lines)
        expect(await store.answerOfKey(user, 'k')).toEqual({ ...answer, fingerprint: 'own' })
        // Who read the cart before the rejection cannot open a checkout on it.
        expect(await openingOf(checkoutOf(checkout.revision, lines))).toBe('moved')
      })

      test('an empty close keeps the cart and no answer', async () => {
        const lines = [line(2)]
        const checkout = await opened(lines, { key: 'k' })
        await close(checkout, { kind: 'void' })
        expect(await linesNow()).toEqual(lines)
        expect(await store.answerOfKey(user, 'k')).toBeNull()
        expect(await store.answerOfCheckout(user, checkout.id)).toBeNull()
      })
    })

    describe('answers', () => {
      test('are found byte for byte by key and by checkout, by their own user alone', async () => {
        const body = '{"total": 1.50,\n "имя":"Яблоки 🍏"}'
        const checkout = await opened([line(1)], { key: 'k' })
        await close(checkout, made(body))
        expect((await store.answerOfKey(user, 'k'))?.body).toBe(body)
        expect(await store.answerOfCheckout(user, checkout.id)).toEqual({ status: 200, body })
        expect(await store.answerOfKey(user, 'K')).toBeNull()
        expect(await store.answerOfKey(newId<UserId>(), 'k')).toBeNull()
        expect(await store.answerOfCheckout(newId<UserId>(), checkout.id)).toBeNull()
      })

      test('without a key are found by checkout, however many', async () => {
        const bodies = ['1', '2']
        for (const body of bodies) {
          const checkout = await opened([line(1)])
          await close(checkout, made(body))
          expect((await store.answerOfCheckout(user, checkout.id))?.body).toBe(body)
        }
      })

      test('are gone when their time is over, also before they are forgotten', async () => {
        const checkout = await opened([line(1)], { key: 'k' })
        await close(checkout, made())
        clock.advance(day - 1)
        expect(await store.forgetAnswers(clock.now(), 10)).toBe(0)
        expect(await store.answerOfKey(user, 'k')).not.toBeNull()
        clock.advance(1)
        expect(await store.answerOfKey(user, 'k')).toBeNull()
        expect(await store.answerOfCheckout(user, checkout.id)).toBeNull()
        expect(await store.forgetAnswers(clock.now(), 10)).toBe(expiry === 'dropped' ? 1 : 0)
      })

      test('a key whose answer has had its time can be used again', async () => {
        await close(await opened([line(1)], { key: 'k' }), made('old'))
        clock.advance(day)
        await close(await opened([line(1)], { key: 'k' }), made('new'))
        expect((await store.answerOfKey(user, 'k'))?.body).toBe('new')
      })
    })
  })
}
