/**
 * Faults planted on purpose, which the checker must find: the real rules of the cart, in two copies
 * over one real store, whose answers to conditional writes get lost as those of a cluster do.
 */
import { join } from 'node:path'
import { describe, expect, test } from 'bun:test'
import { OutcomeUnknown } from '../../core/http/outcome-unknown.ts'
import { temporaryFolder } from '../../core/files/temporary-folder.fixture.ts'
import { problem } from '../../core/http/problem.ts'
import { deadlineIn } from '../../core/resilience/deadline.ts'
import { newTrace } from '../../core/resilience/trace-context.ts'
import { newId, type ProductId, type UserId } from '../../core/values/ids.ts'
import { minor } from '../../core/values/money.ts'
import { millis, systemClock } from '../../core/values/time.ts'
import { createCarts, type Carts } from '../../services/cart/carts.ts'
import type { CartState, CartStore } from '../../services/cart/store.ts'
import { openSqliteCartStore } from '../../services/cart/store.sqlite.ts'
import { randomFrom, type Random } from '../../services/catalog/stock.model.ts'
import { cartModel, type CartInput, type CartOutput } from './cart.model.ts'
import { check, type Operation } from './checker.ts'

type Save = CartStore['save']

/** How a store deals with a save whose answer was lost, though it took effect. */
type Manner = (save: Save) => Save

/** Nobody knows, and that is what is said. */
const honest: Manner =
  (save) =>
  async (...change) => {
    await save(...change)
    throw new OutcomeUnknown(new Error('no answer'))
  }

/** The twin fails on the condition that the first has changed, and the rules begin anew. */
const sentAgainBlindly: Manner =
  (save) =>
  async (...change) => {
    await save(...change)
    return save(...change)
  }

const takenForFailed: Manner =
  (save) =>
  async (...change) => {
    await save(...change)
    throw problem('cart_changed')
  }

const products = [newId<ProductId>(), newId<ProductId>()]
const within = { deadline: deadlineIn(60_000), trace: newTrace() }

function copyOver(store: CartStore, random: Random): Carts {
  return createCarts({
    store,
    clock: systemClock,
    life: millis(60_000),
    catalog: { current: async () => shelf, recent: async () => shelf },
    // The turn of everybody else, who are only waiting for the store.
    pause: async () => {},
    random: () => random(1_000) / 1_000,
    onAdded() {},
    onRemoved() {},
  })
}
const shelf = new Map(
  products.map((id) => {
    const product = { id, name: 'Груша', price: minor(1_000), stock: 1_000, available: true }
    return [id, product] as const
  }),
)

interface Faults {
  /** How a save behaves whose answer is lost, every eighth; null: none is lost. */
  readonly lost: Manner | null
  /** Every eighth load sees what the copy saw eight loads before. */
  readonly stale?: boolean
}

function faulty(store: CartStore, { lost, stale = false }: Faults): CartStore {
  const isEighth = counter(8)
  const isStale = counter(8)
  let before: CartState | null = null
  return {
    ...store,
    async load(user) {
      const now = await store.load(user)
      if (!stale || !isStale()) return now
      const old = before ?? now
      before = now
      return old
    },
    save: (...change) => (lost !== null && isEighth() ? lost(store.save) : store.save)(...change),
  }
}

/** True at every nth call. */
function counter(nth: number): () => boolean {
  let calls = 0
  return () => ++calls % nth === 0
}

/** Four clients at the two copies, with the choices of this seed. */
async function historyOf(faults: Faults, seed: number) {
  const random = randomFrom(seed)
  const path = join(temporaryFolder('planted'), 'cart.db')
  const store = openSqliteCartStore({ path, clock: systemClock })
  const copies = [1, 2].map(() => copyOver(faulty(store, faults), random))
  const user = newId<UserId>()
  const history: Operation<CartInput, CartOutput>[] = []
  let time = 0

  async function client(copy: Carts): Promise<void> {
    for (let turn = 0; turn < 25; turn++) {
      const product = products[random(products.length)] ?? products[0]
      if (product === undefined) throw new Error('There are no products.')
      const input: CartInput =
        random(2) === 0 ? { kind: 'read' } : { kind: 'add', product, quantity: 1 }
      const invoked = time++
      const output = await answerOf(copy, user, product, input.kind === 'read')
      // Refused, and so without an effect: what is left out of a history had none.
      if (output === 'refused') continue
      const returned = output === null ? Infinity : time++
      history.push({ object: user, input, output, invoked, returned })
    }
  }

  await Promise.all(copies.flatMap((copy) => [client(copy), client(copy)]))
  await store.close()
  return history
}

async function answerOf(
  copy: Carts,
  user: UserId,
  product: ProductId,
  reads: boolean,
): Promise<CartOutput | 'refused' | null> {
  try {
    if (!reads) {
      const { quantity } = await copy.add(user, product, 1, within)
      return { kind: 'line', quantity }
    }
    const { lines } = await copy.view(user, within)
    return {
      kind: 'read',
      lines: Object.fromEntries(lines.map((line) => [line.productId, line.quantity])),
    }
  } catch (error) {
    if (error instanceof OutcomeUnknown) return null
    return 'refused'
  }
}

const seeds = Array.from({ length: 4 }, (_, at) => at + 1)

async function verdicts(faults: Faults): Promise<readonly boolean[]> {
  const found: boolean[] = []
  for (const seed of seeds) {
    found.push(check(cartModel, await historyOf(faults, seed)).linearizable)
  }
  return found
}

describe('a cart whose store', () => {
  test('loses no answer is linearizable', async () => {
    expect(await verdicts({ lost: null })).not.toContain(false)
  })

  test('says of a lost answer that nobody knows is linearizable', async () => {
    expect(await verdicts({ lost: honest })).not.toContain(false)
  })

  test('sends a write again blindly is caught', async () => {
    expect(await verdicts({ lost: sentAgainBlindly })).not.toContain(true)
  })

  test('takes a lost answer for a failure is caught', async () => {
    expect(await verdicts({ lost: takenForFailed })).not.toContain(true)
  })

  test('reads what was a moment ago is caught', async () => {
    expect(await verdicts({ lost: null, stale: true })).not.toContain(true)
  })
})
