/** A cart, its file and a model of the order service, for tests of what a checkout does to them. */
import { join } from 'node:path'
import { expect } from 'bun:test'
import { temporaryFolder } from '../../core/files/temporary-folder.fixture.ts'
import { Problem } from '../../core/http/problem.ts'
import { deadlineIn } from '../../core/resilience/deadline.ts'
import type { AdaptiveLimit } from '../../core/resilience/adaptive-limit.ts'
import { newTrace } from '../../core/resilience/trace-context.ts'
import {
  newId,
  type CartLineId,
  type ProductId,
  type Revision,
  type UserId,
} from '../../core/values/ids.ts'
import { manualClock, millis } from '../../core/values/time.ts'
import {
  createCheckouts,
  type CheckoutAnswer,
  type CheckoutRequest,
  type Checkouts,
} from './checkout.ts'
import type { Orders } from './orders.ts'
import { createOrdersModel } from './orders.model.ts'
import type { CartStore } from './store.ts'
import { openSqliteCartStore } from './store.sqlite.ts'

export const life = millis(7 * 24 * 60 * 60 * 1000)

/** Where the shop's carts are kept, and its time. */
export interface ShopPlace {
  readonly clock: ReturnType<typeof manualClock>
  readonly store: CartStore
}

function newFile(): ShopPlace {
  const clock = manualClock(1_800_000_000_000)
  const path = join(temporaryFolder('checkout'), 'cart.db')
  return { clock, store: openSqliteCartStore({ path, clock }) }
}

/** A user's cart, in a file of its own unless a place is given. */
export function createShop({ clock, store }: ShopPlace = newFile()) {
  const orders = createOrdersModel()
  const user = newId<UserId>()
  const counted: number[] = []
  /** Pieces that were put into the cart, by product. */
  const put = new Map<ProductId, number>()

  /** One process: its own checkouts over what all of them share, reached through what may fail. */
  const processOf = (
    reach: CartStore = store,
    call: Orders = orders,
    admit?: AdaptiveLimit,
  ): Checkouts =>
    createCheckouts({
      store: reach,
      orders: call,
      clock,
      life,
      onOrdered: (_total, lines) => counted.push(lines.length),
      ...(admit !== undefined && { admit }),
    })

  async function add(product: ProductId, quantity: number, of = user): Promise<void> {
    const { cart } = await store.load(of)
    const lines = cart?.lines ?? []
    const known = lines.find((line) => line.productId === product)
    const at = clock.now()
    const next = known
      ? lines.map((line) =>
          line === known ? { ...line, quantity: line.quantity + quantity } : line,
        )
      : [...lines, { id: newId<CartLineId>(), productId: product, quantity, addedAt: at }]
    const revision = newId<Revision>()
    const saved = await store.save(of, cart?.revision ?? null, { revision, lines: next, at })
    expect(saved).toBe(true)
    put.set(product, (put.get(product) ?? 0) + quantity)
  }

  const checkout = (
    process: Checkouts,
    key: string | null = null,
    changes: Partial<Omit<CheckoutRequest, 'key' | 'trace'>> = {},
  ): Promise<CheckoutAnswer> =>
    process.checkout({
      user: changes.user ?? user,
      key,
      fingerprint: changes.fingerprint ?? 'f',
      expectedTotal: changes.expectedTotal ?? null,
      ifMatch: changes.ifMatch ?? null,
      deadline: changes.deadline ?? deadlineIn(8_000, clock),
      trace: newTrace(),
    })

  const linesNow = async () => (await store.load(user)).cart?.lines ?? []

  /** Every piece that was put in is in the cart or in exactly one order, and nothing is half done. */
  async function expectSettled(): Promise<void> {
    expect((await store.load(user)).open).toBeNull()
    const left = new Map(put)
    const lines = [...orders.made.values()].flatMap((order) => order.lines)
    for (const { productId, quantity } of [...lines, ...(await linesNow())]) {
      left.set(productId, (left.get(productId) ?? 0) - quantity)
    }
    expect([...left.values()].every((quantity) => quantity === 0)).toBe(true)
    expect(counted).toHaveLength(orders.made.size)
  }

  return { clock, store, orders, user, processOf, add, checkout, linesNow, expectSettled }
}

export type Shop = ReturnType<typeof createShop>

/** The code of the problem that a promise ends in, or the status of its answer. */
export async function outcomeOf(promise: Promise<CheckoutAnswer>): Promise<string> {
  try {
    return String((await promise).status)
  } catch (error) {
    return error instanceof Problem ? error.code : String(error)
  }
}
