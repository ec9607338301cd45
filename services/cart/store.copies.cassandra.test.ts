/** Two copies of the cart service on one keyspace: races, restarts, sweeps, and what lapses by itself. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { alwaysWanted } from '../../core/http/wanted.ts'
import { openKeyspace, type Keyspace } from '../../core/cassandra/keyspace.ts'
import { faultyKeyspace } from '../../core/cassandra/faulty-keyspace.fixture.ts'
import { createHints, grace } from '../../core/cassandra/hints.ts'
import {
  hasCassandra,
  testKeyspace,
  type TestKeyspace,
} from '../../core/cassandra/keyspace.fixture.ts'
import type { Read } from '../../core/cassandra/statement.ts'
import {
  newId,
  type CartLineId,
  type CheckoutId,
  type OrderId,
  type ProductId,
  type Revision,
  type UserId,
} from '../../core/values/ids.ts'
import { manualClock, millis } from '../../core/values/time.ts'
import { orderedLines, type CartLine } from './cart.ts'
import { idleAfter } from './checkout.ts'
import { createShop, outcomeOf } from './shop.model.ts'
import { migrations, openCassandraCartStore } from './store.cassandra.ts'
import { lifeMargin } from './store.cassandra.life.ts'
import { declareStatements, type HintId, type Statements } from './store.cassandra.statements.ts'
import type { CartStore, Closing, OpenCheckout } from './store.ts'

const patience = 300_000
const day = 86_400_000
const week = millis(7 * day)

describe.skipIf(!hasCassandra)('two copies', () => {
  const clock = manualClock(1_800_000_000_000)
  let home: TestKeyspace
  let spaces: readonly Keyspace[]
  let first: CartStore
  let second: CartStore
  let sql: Statements
  /** Seconds that each column of a cart has still to live. */
  let livesOf: Read<[UserId], Record<string, number>>

  const openOn = (keyspace: Keyspace | undefined, life = week): Promise<CartStore> => {
    if (keyspace === undefined) throw new Error('There is no such keyspace.')
    return openCassandraCartStore({ keyspace, clock, life })
  }

  beforeAll(async () => {
    home = await testKeyspace(migrations)
    const more = await Promise.all([openKeyspace(home.options), openKeyspace(home.options)])
    // Their statements can be declared by one store after another.
    spaces = [faultyKeyspace(home.keyspace).keyspace, faultyKeyspace(more[0]).keyspace, more[1]]
    first = await openOn(spaces[0])
    second = await openOn(spaces[1])
    sql = declareStatements(more[1])
    livesOf = more[1].read(
      `SELECT ttl(revision), ttl(lines), ttl(updated_at), ttl(used_at) FROM carts
       WHERE user_id = ? AND kind = 'cart' AND name = ''`,
      'get_lives',
    )
  }, patience)
  afterAll(async () => {
    await Promise.all(spaces.slice(1).map((keyspace) => keyspace.close()))
    await home?.remove()
  }, patience)

  const line = (quantity: number): CartLine => ({
    id: newId<CartLineId>(),
    productId: newId<ProductId>(),
    quantity,
    addedAt: clock.now(),
  })

  async function put(
    store: CartStore,
    user: UserId,
    edit: (lines: readonly CartLine[]) => readonly CartLine[],
  ): Promise<Revision> {
    for (;;) {
      const { cart } = await store.load(user)
      const revision = newId<Revision>()
      const next = { revision, lines: edit(cart?.lines ?? []), at: clock.now() }
      if (await store.save(user, cart?.revision ?? null, next)) return revision
    }
  }

  const checkoutOf = (
    userId: UserId,
    revision: Revision,
    lines: readonly CartLine[],
    key: string | null = null,
  ): OpenCheckout => ({
    id: newId<CheckoutId>(),
    userId,
    orderId: newId<OrderId>(),
    key,
    fingerprint: 'f',
    lines: orderedLines(lines),
    expectedTotal: null,
    revision,
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00',
    openedAt: clock.now(),
    attempt: 1,
    attemptedAt: clock.now(),
  })

  async function opened(store: CartStore, lines: readonly CartLine[], key: string | null = null) {
    const user = newId<UserId>()
    const checkout = checkoutOf(user, await put(store, user, () => lines), lines, key)
    expect(await store.openCheckout(checkout)).toEqual({ kind: 'opened' })
    return checkout
  }

  const made = (body: string): Closing => ({
    kind: 'made',
    answer: { status: 200, body },
    answerUntil: millis(clock.now() + day),
  })

  const close = (store: CartStore, { userId, id }: OpenCheckout, body: string) =>
    store.closeCheckout(userId, id, made(body), { revision: newId<Revision>(), at: clock.now() })

  const none = { count: 0, oldest: millis(0) }

  test(
    'lose no change of a cart that both of them make',
    async () => {
      const user = newId<UserId>()
      const stores = [first, second]
      const lines = Array.from({ length: 20 }, () => line(1))
      await Promise.all(
        stores.map(async (store, at) => {
          for (const each of lines.filter((_, index) => index % 2 === at)) {
            await put(store, user, (before) => [...before, each])
          }
        }),
      )
      const { cart } = await first.load(user)
      expect(new Set(cart?.lines)).toEqual(new Set(lines))
      expect(cart?.lines).toHaveLength(20)
    },
    patience,
  )

  test(
    'open one checkout of a cart, claim it once, and close it once',
    async () => {
      for (let turn = 0; turn < 5; turn++) {
        const user = newId<UserId>()
        const lines = [line(2)]
        const revision = await put(first, user, () => lines)
        const tries = [first, second, first, second].map((store) => ({
          store,
          checkout: checkoutOf(user, revision, lines),
        }))
        const openings = await Promise.all(
          tries.map(({ store, checkout }) => store.openCheckout(checkout)),
        )
        const winner = tries[openings.findIndex(({ kind }) => kind === 'opened')]?.checkout
        if (winner === undefined) throw new Error('No checkout was opened.')
        const blocked = { kind: 'blocked', by: winner } as const
        expect(openings.filter(({ kind }) => kind !== 'opened')).toEqual([
          blocked,
          blocked,
          blocked,
        ])

        clock.advance(idleAfter)
        const claim = { attempt: 2, at: clock.now() }
        const claims = await Promise.all(
          [first, second].map((store) => store.claimCheckout(user, winner.id, 1, claim)),
        )
        expect(claims.filter(Boolean)).toHaveLength(1)

        const closed = await Promise.all([close(first, winner, '1'), close(second, winner, '2')])
        expect(closed.filter(Boolean)).toHaveLength(1)
        const body = closed[0] === true ? '1' : '2'
        expect(await second.answerOfCheckout(user, winner.id)).toEqual({ status: 200, body })
        expect(await first.load(user)).toMatchObject({ cart: { lines: [] }, open: null })
      }
      expect(await second.openCheckouts(clock.now())).toEqual(none)
    },
    patience,
  )

  test(
    'take exactly what was ordered out of a cart that the other one goes on filling',
    async () => {
      for (let turn = 0; turn < 5; turn++) {
        const [apples, pears] = [line(2), line(3)]
        const checkout = await opened(first, [apples, pears])
        const { userId } = checkout
        const more = Array.from({ length: 8 }, () => line(1))
        const fill = async () => {
          for (const each of more) {
            await put(second, userId, (lines) => [
              // One that has left the cart by now stays away.
              ...lines.map((own) => (own.id === apples.id ? { ...own, quantity: 9 } : own)),
              each,
            ])
          }
        }
        const [closed] = await Promise.all([close(first, checkout, '{}'), fill()])
        expect(closed).toBe(true)
        const { cart, open } = await second.load(userId)
        expect(open).toBeNull()
        const left = cart?.lines ?? []
        expect(left.filter((own) => more.some(({ id }) => id === own.id))).toEqual(more)
        expect(left.some(({ id }) => id === pears.id)).toBe(false)
      }
    },
    patience,
  )

  test('do not open a checkout once more whose opening comes late, after it was given up', async () => {
    const checkout = await opened(first, [line(1)])
    const { userId, id } = checkout
    expect(await second.abandonCheckout(userId, id, 1)).toBe(true)
    expect(await first.openCheckout(checkout)).toEqual({ kind: 'moved' })
    expect((await second.load(userId)).open).toBeNull()
  })

  test(
    'find each idle checkout of the other, also when they are new, and after days of standstill',
    async () => {
      const checkouts = await Promise.all(
        Array.from({ length: 12 }, (_, at) => opened(at % 2 === 0 ? first : second, [line(1)])),
      )
      clock.advance(3 * day)
      const third = await openOn(spaces[1])
      const before = millis(clock.now() - idleAfter)
      const idle = await third.idleCheckouts(before, 100)
      expect(new Set(idle.map(({ id }) => id))).toEqual(new Set(checkouts.map(({ id }) => id)))
      const state = { count: 12, oldest: millis(3 * day) }
      expect(await first.openCheckouts(clock.now())).toEqual(state)

      // A few at a time, as sweepers take them.
      const seen: CheckoutId[] = []
      for (let turn = 0; turn < 4; turn++) {
        const some = await first.idleCheckouts(before, 3)
        expect(some).toHaveLength(3)
        for (const open of some) {
          const claim = { attempt: 2, at: clock.now() }
          expect(await first.claimCheckout(open.userId, open.id, 1, claim)).toBe(true)
          expect(await close(second, open, '{}')).toBe(true)
          seen.push(open.id)
        }
      }
      expect(new Set(seen).size).toBe(12)
      expect(await second.idleCheckouts(before, 10)).toEqual([])
      expect(await first.openCheckouts(clock.now())).toEqual(none)
    },
    patience,
  )

  test('drop a hint whose checkout never came, and not before its time', async () => {
    const hints = await createHints<'checkout', HintId>({ sql, kinds: ['checkout'], clock })
    const id: HintId = `${newId<UserId>()}/${newId<CheckoutId>()}`
    await hints.announce([{ kind: 'checkout', at: clock.now(), id, sequence: 1 }])
    async function isThere(): Promise<boolean> {
      for await (const round of hints.all('checkout', clock.now())) {
        if (round.some((hint) => hint.id === id)) return true
      }
      return false
    }
    await second.idleCheckouts(clock.now(), 10)
    expect(await isThere()).toBe(true)
    clock.advance(grace)
    await second.idleCheckouts(clock.now(), 10)
    // What is stale is dropped in the background.
    while (await isThere()) await new Promise((resolve) => setTimeout(resolve, 10))
  })

  test('carts, views and answers lapse by themselves, and an open checkout does not', async () => {
    // Its margin is all but used up, so what this one writes has a second to live.
    const soon = millis(1_000 - lifeMargin * 1000)
    const short = await openOn(spaces[1], soon)
    const lines = [line(1)]
    const { userId: buyer, id } = await opened(first, lines, 'k')
    const answer = { status: 200, body: '{}' }
    await short.closeCheckout(
      buyer,
      id,
      { kind: 'made', answer, answerUntil: millis(clock.now() + soon) },
      { revision: newId<Revision>(), at: clock.now() },
    )
    await short.noteView(buyer, { productId: newId<ProductId>(), at: clock.now() })
    const checkout = await opened(first, lines)
    const { userId, revision } = checkout
    expect(await short.touch(userId, revision, { at: clock.now(), lines })).toBe(true)

    const isGone = async () =>
      (await first.load(userId)).cart === null &&
      (await first.load(buyer)).cart === null &&
      (await first.views(buyer)).length === 0 &&
      (await sql.answer.get(buyer, id)) === undefined &&
      (await sql.key.get(buyer, 'k')) === undefined
    while (!(await isGone())) await new Promise((resolve) => setTimeout(resolve, 50))

    expect(await first.load(userId)).toEqual({ cart: null, open: checkout })
    const listed = await first.carts({
      after: null,
      usedAfter: millis(0),
      limit: 1_000,
      wanted: alwaysWanted,
    })
    const users = listed.map((each) => each.userId)
    expect(users).not.toContain(userId)
    expect(users).not.toContain(buyer)
    // Its end is written without a cart, and a new cart begins as the first one did.
    expect(await close(first, checkout, 'late')).toBe(true)
    expect(await first.load(userId)).toEqual({ cart: null, open: null })
    expect((await second.answerOfCheckout(userId, checkout.id))?.body).toBe('late')
    await put(second, userId, () => lines)
    expect((await first.load(userId)).cart?.lines).toEqual(lines)
  }, 60_000)

  test('a look at a cart makes all of it live as long again', async () => {
    const brief = await openOn(spaces[1], millis(0))
    const user = newId<UserId>()
    const revision = await put(brief, user, () => [line(1)])
    const most = async () =>
      Object.values((await livesOf.get(user)) ?? {}).map((seconds) => seconds > lifeMargin)
    expect(await most()).toEqual([false, false, false, false])
    expect(await first.touch(user, revision, { at: clock.now(), lines: [line(1)] })).toBe(true)
    expect(await most()).toEqual([true, true, true, true])
  })

  test('the newest view counts, whichever copy notes it and however late its clock is', async () => {
    const user = newId<UserId>()
    const products = Array.from({ length: 6 }, () => newId<ProductId>())
    for (const [index, productId] of products.entries()) {
      const late = index % 2 === 0 ? 0 : 60_000
      const store = index % 2 === 0 ? first : second
      await store.noteView(user, { productId, at: millis(clock.now() - late) })
    }
    expect((await first.views(user)).map(({ productId }) => productId)).toEqual(products.reverse())
  })

  test(
    'turn carts under mixed keys and mishaps into orders, every piece once',
    async () => {
      for (let round = 0; round < 4; round++) {
        const shop = createShop({ clock, store: first })
        const processes = [shop.processOf(first), shop.processOf(second)]
        const apples = newId<ProductId>()
        for (let wave = 0; wave < 3; wave++) {
          await shop.add(apples, 1 + round)
          shop.orders.script(...(['refused', 'answer lost', 'running'] as const).slice(0, wave + 1))
          await Promise.all(
            [null, `a${wave}`, `b${wave}`, null, `a${wave}`].map((key, at) => {
              const process = processes[at % 2]
              return process === undefined ? '' : outcomeOf(shop.checkout(process, key))
            }),
          )
        }
        for (let turn = 0; turn < 6; turn++) {
          clock.advance(idleAfter)
          await Promise.all(processes.map((process) => process.sweep()))
        }
        await shop.expectSettled()
      }
      expect(await second.openCheckouts(clock.now())).toEqual(none)
    },
    patience,
  )
})
