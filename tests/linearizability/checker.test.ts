/** The checker itself: histories of which everybody knows the verdict, and how long it may take. */
import { describe, expect, test } from 'bun:test'
import { check, type Model, type Operation } from './checker.ts'
import { cartModel, type CartInput, type CartOutput } from './cart.model.ts'
import { orderModel, type OrderInput, type OrderOutput } from './order.model.ts'
import { stockModel, type StockInput, type StockOutput } from './stock.model.ts'

/** A register: writes answer what they wrote, reads what they saw. */
type Register = { readonly write: number } | 'read'
const register: Model<number, Register, number> = {
  initial: 0,
  key: String,
  step(value, input, output) {
    if (input === 'read') return output === null || output === value ? value : null
    return input.write
  },
}

/** Called at `invoked`, answered at `returned`; without an answer it stays open. */
const op = <Input, Output>(
  invoked: number,
  returned: number,
  input: Input,
  output: Output | null,
  object = 'x',
): Operation<Input, Output> => ({
  object,
  input,
  output,
  invoked,
  returned: output === null ? Infinity : returned,
})
const write = (invoked: number, returned: number, value: number, object?: string) =>
  op<Register, number>(invoked, returned, { write: value }, value, object)
const lost = (invoked: number, value: number) =>
  op<Register, number>(invoked, Infinity, { write: value }, null)
const read = (invoked: number, returned: number, value: number, object?: string) =>
  op<Register, number>(invoked, returned, 'read', value, object)

const verdictOf = (history: readonly Operation<Register, number>[]): boolean =>
  check(register, history).linearizable

describe('a register', () => {
  test('one after the other is linearizable, and so is nothing at all', () => {
    expect(verdictOf([])).toBe(true)
    expect(verdictOf([write(0, 1, 1), read(2, 3, 1), write(4, 5, 2), read(6, 7, 2)])).toBe(true)
  })

  test('a read at the time of a write may see either value, but not the old one after the new', () => {
    expect(verdictOf([write(0, 9, 1), read(1, 2, 0), read(3, 4, 1)])).toBe(true)
    expect(verdictOf([write(0, 9, 1), read(1, 2, 1), read(3, 4, 0)])).toBe(false)
  })

  test('a stale read is none', () => {
    expect(verdictOf([write(0, 1, 1), write(2, 3, 2), read(4, 5, 1)])).toBe(false)
  })

  test('reads after two writes at once agree on which was the last', () => {
    const writes = [write(0, 10, 1), write(0, 10, 2)]
    const first = [read(11, 12, 1), read(13, 14, 1)]
    expect(verdictOf([...writes, ...first])).toBe(true)
    expect(verdictOf([...writes, read(11, 12, 1), read(13, 14, 2)])).toBe(false)
  })

  test('an open write may have happened, later than anybody thought, or never', () => {
    expect(verdictOf([lost(0, 1), read(1, 2, 0), read(3, 4, 0)])).toBe(true)
    expect(verdictOf([lost(0, 1), read(1, 2, 0), read(3, 4, 1)])).toBe(true)
    expect(verdictOf([lost(0, 1), read(1, 2, 1), read(3, 4, 0)])).toBe(false)
    expect(verdictOf([read(0, 1, 1), lost(2, 1)])).toBe(false)
  })

  test('the greedy order is given up where only another one works', () => {
    // Each write overlaps all others; the reads after them fix which was last, one by one.
    const writes = Array.from({ length: 7 }, (_, at) => write(at, 100, at + 1))
    for (const last of [1, 4, 7]) expect(verdictOf([...writes, read(101, 102, last)])).toBe(true)
    expect(verdictOf([...writes, read(101, 102, 8)])).toBe(false)
  })

  test('objects do not meet, and the broken one is named with what could not come next', () => {
    const stale = read(4, 5, 0, 'b')
    const verdict = check(register, [write(0, 1, 1, 'a'), write(2, 3, 1, 'b'), stale])
    expect(verdict).toMatchObject({ linearizable: false, object: 'b', stuck: [stale] })
  })
})

describe('on random histories', () => {
  /** Numbers that are the same in every run. */
  function numbers(seed: number): (below: number) => number {
    let state = seed
    return (below) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return Math.floor((state / 2 ** 32) * below)
    }
  }

  function random(seed: number): readonly Operation<Register, number>[] {
    const below = numbers(seed)
    return Array.from({ length: 1 + below(6) }, () => {
      const [from, value] = [below(12), below(3)]
      const to = from + 1 + below(8)
      if (below(5) === 0) return lost(from, value)
      return below(2) === 0 ? write(from, to, value) : read(from, to, value)
    })
  }

  /** The definition itself: every subset of the open ones, in every order. */
  function byDefinition(history: readonly Operation<Register, number>[]): boolean {
    const walk = (value: number, left: readonly Operation<Register, number>[]): boolean =>
      left.every(({ output }) => output === null) ||
      left.some((next) => {
        const rest = left.filter((each) => each !== next)
        if (rest.some((each) => each.returned < next.invoked)) return false
        const after = register.step(value, next.input, next.output)
        return after !== null && walk(after, rest)
      })
    return walk(register.initial, history)
  }

  test('the verdict is that of the definition', () => {
    const histories = Array.from({ length: 5_000 }, (_, seed) => random(seed))
    const expected = histories.map(byDefinition)
    expect(histories.map(verdictOf)).toEqual(expected)
    const sound = expected.filter(Boolean).length
    expect(sound).toBeGreaterThan(500)
    expect(sound).toBeLessThan(4_500)
  })
})

describe('stock', () => {
  const stock = (...history: Operation<StockInput, StockOutput>[]): boolean =>
    check(stockModel(2), history).linearizable
  const reserve = (
    at: number,
    order: string,
    output: StockOutput | null = { kind: 'reserved', state: 'reserved' },
  ) => op<StockInput, StockOutput>(at, at + 1, { kind: 'reserve', order, quantity: 1 }, output)
  const release = (at: number, order: string, output: StockOutput | null = { kind: 'released' }) =>
    op<StockInput, StockOutput>(at, at + 1, { kind: 'release', order }, output)
  const seen = (at: number, available: number) =>
    op<StockInput, StockOutput>(at, at + 1, { kind: 'read' }, { kind: 'read', available })

  test('a repeated reserve takes its pieces once', () => {
    expect(stock(reserve(0, 'a'), reserve(2, 'a'), seen(4, 1))).toBe(true)
    expect(stock(reserve(0, 'a'), reserve(2, 'a'), seen(4, 0))).toBe(false)
  })

  test('three orders do not get two pieces', () => {
    const short: StockOutput = { kind: 'out_of_stock', available: 0 }
    expect(stock(reserve(0, 'a'), reserve(2, 'b'), reserve(4, 'c', short))).toBe(true)
    expect(stock(reserve(0, 'a'), reserve(2, 'b'), reserve(4, 'c'))).toBe(false)
  })

  test('what was reserved by nobody knows whom comes back with its release', () => {
    expect(stock(reserve(0, 'a', null), seen(2, 1), release(4, 'a'), seen(6, 2))).toBe(true)
    expect(stock(reserve(0, 'a', null), seen(2, 2), release(4, 'a'), seen(6, 3))).toBe(false)
  })

  test('the fence holds: no reserve after a release', () => {
    expect(stock(release(0, 'a'), reserve(2, 'a', { kind: 'released' }))).toBe(true)
    expect(stock(release(0, 'a'), reserve(2, 'a'))).toBe(false)
  })

  test('what is sold is not released', () => {
    const commit = op<StockInput, StockOutput>(
      2,
      3,
      { kind: 'commit', order: 'a' },
      { kind: 'committed' },
    )
    expect(stock(reserve(0, 'a'), commit, release(4, 'a', { kind: 'committed' }))).toBe(true)
    expect(stock(reserve(0, 'a'), commit, release(4, 'a'))).toBe(false)
  })
})

describe('a cart', () => {
  const cart = (...history: Operation<CartInput, CartOutput>[]): boolean =>
    check(cartModel, history).linearizable
  const add = (from: number, to: number, quantity: number, sum: number) =>
    op<CartInput, CartOutput>(
      from,
      to,
      { kind: 'add', product: 'p', quantity },
      { kind: 'line', quantity: sum },
    )
  const holds = (at: number, quantity: number) =>
    op<CartInput, CartOutput>(
      at,
      at + 1,
      { kind: 'read' },
      { kind: 'read', lines: quantity === 0 ? {} : { p: quantity } },
    )
  const checkout = (from: number, to: number, id: string, quantity: number) => [
    op<CartInput, CartOutput>(
      from,
      to,
      { kind: 'open', checkout: id },
      { kind: 'opened', lines: { p: quantity } },
    ),
    op<CartInput, CartOutput>(from, to, { kind: 'close', checkout: id }, { kind: 'done' }),
  ]

  test('two additions at once both count', () => {
    expect(cart(add(0, 9, 1, 1), add(1, 8, 2, 3), holds(10, 3))).toBe(true)
    // The lost update: both read the empty cart.
    expect(cart(add(0, 9, 1, 1), add(1, 8, 2, 2), holds(10, 2))).toBe(false)
  })

  test('what comes while a checkout runs stays in the cart', () => {
    expect(cart(add(0, 1, 2, 2), ...checkout(2, 9, 'c', 2), add(4, 5, 1, 3), holds(10, 1))).toBe(
      true,
    )
    expect(cart(add(0, 1, 2, 2), ...checkout(2, 9, 'c', 2), add(4, 5, 1, 3), holds(10, 0))).toBe(
      false,
    )
  })

  test('what was removed while a checkout runs and added again stays whole', () => {
    const remove = op<CartInput, CartOutput>(
      4,
      5,
      { kind: 'remove', product: 'p' },
      { kind: 'done' },
    )
    const clear = op<CartInput, CartOutput>(4, 5, { kind: 'clear' }, { kind: 'done' })
    for (const gone of [remove, clear]) {
      const first = [add(0, 1, 2, 2), ...checkout(2, 9, 'c', 2), holds(3, 2), gone, add(6, 7, 5, 5)]
      expect(cart(...first, holds(10, 5))).toBe(true)
      expect(cart(...first, holds(10, 3))).toBe(false)
    }
  })

  test('a repeated key gets the first answer and orders nothing more', () => {
    const first = [add(0, 1, 2, 2), ...checkout(2, 3, 'c', 2), add(4, 5, 1, 1)]
    expect(cart(...first, ...checkout(6, 7, 'c', 2), holds(8, 1))).toBe(true)
    expect(cart(...first, ...checkout(6, 7, 'c', 1), holds(8, 0))).toBe(false)
  })

  test('one cart is not ordered twice', () => {
    const [first, second] = [checkout(2, 9, 'c', 2), checkout(2, 9, 'd', 2)]
    expect(cart(add(0, 1, 2, 2), ...first)).toBe(true)
    expect(cart(add(0, 1, 2, 2), ...first, ...second)).toBe(false)
  })
})

describe('an order', () => {
  const order = (...history: Operation<OrderInput, OrderOutput>[]): boolean =>
    check(orderModel, history).linearizable
  const created = (at: number, id: string | null) =>
    op<OrderInput, OrderOutput>(
      at,
      at + 1,
      { kind: 'create' },
      id === null ? null : { kind: 'created', id },
    )
  const cancel = (at: number, kind: 'moved' | 'refused', by: 'owner' | 'admin' = 'owner') =>
    op<OrderInput, OrderOutput>(at, at + 1, { kind: 'cancel', by }, { kind })
  const move = (at: number, to: 'PROCESSING' | 'SHIPPING', kind: 'moved' | 'refused') =>
    op<OrderInput, OrderOutput>(at, at + 1, { kind: 'move', to }, { kind })
  const is = (at: number, status: 'CREATED' | 'PROCESSING' | 'SHIPPING' | 'CANCELLED') =>
    op<OrderInput, OrderOutput>(at, at + 1, { kind: 'read' }, { kind: 'read', status })

  test('one key makes one order', () => {
    expect(order(created(0, null), created(2, 'a'), created(4, 'a'))).toBe(true)
    expect(order(created(0, 'a'), created(2, 'b'))).toBe(false)
  })

  test('timers move it forward, never back and never to CANCELLED', () => {
    expect(order(created(0, 'a'), is(2, 'CREATED'), is(4, 'SHIPPING'))).toBe(true)
    expect(order(created(0, 'a'), is(2, 'SHIPPING'), is(4, 'PROCESSING'))).toBe(false)
    expect(order(created(0, 'a'), is(2, 'CANCELLED'))).toBe(false)
  })

  test('a cancelled order stays so, and is cancelled once', () => {
    expect(order(created(0, 'a'), cancel(2, 'moved'), cancel(4, 'refused'))).toBe(true)
    expect(order(created(0, 'a'), cancel(2, 'moved'), is(4, 'PROCESSING'))).toBe(false)
    expect(order(created(0, 'a'), cancel(2, 'moved'), cancel(4, 'moved'))).toBe(false)
    expect(order(created(0, 'a'), cancel(2, 'moved'), move(4, 'PROCESSING', 'moved'))).toBe(false)
  })

  test('a refusal says how far the order was', () => {
    expect(order(created(0, 'a'), cancel(2, 'refused'), is(4, 'SHIPPING'))).toBe(true)
    expect(order(created(0, 'a'), cancel(2, 'refused'), is(4, 'CREATED'))).toBe(false)
    expect(order(created(0, 'a'), move(2, 'SHIPPING', 'refused'), is(4, 'CREATED'))).toBe(true)
    expect(order(created(0, 'a'), is(2, 'SHIPPING'), cancel(4, 'moved', 'admin'))).toBe(true)
    expect(order(created(0, 'a'), is(2, 'SHIPPING'), cancel(4, 'moved'))).toBe(false)
  })
})

describe('a long history', () => {
  /** Six clients on each object, all overlapping, each write with the value that a read finds. */
  function long(objects: number, each: number): readonly Operation<Register, number>[] {
    return Array.from({ length: objects }, (_, number) => `object ${number}`).flatMap((object) =>
      Array.from({ length: each }, (_, at) => {
        const value = Math.floor(at / 2) + 1
        return at % 2 === 0
          ? write(at * 10, at * 10 + 55, value, object)
          : read(at * 10, at * 10 + 55, value, object)
      }),
    )
  }

  // The limit of a test is the watch here: without memory or partition these take for ever.
  test('of 20,000 operations on 200 objects', () => {
    expect(check(register, long(200, 100))).toMatchObject({ linearizable: true, objects: 200 })
  }, 20_000)

  test('of 20,000 operations on one object', () => {
    expect(verdictOf(long(1, 20_000))).toBe(true)
  }, 20_000)

  test('that is broken at its very end', () => {
    const history = long(1, 2_000)
    expect(verdictOf([...history, read(90_000, 90_001, 3)])).toBe(false)
  }, 20_000)

  test('with 14 open operations that are never seen', () => {
    const open = Array.from({ length: 14 }, (_, at) => lost(at, 1_000_000 + at))
    expect(verdictOf([...open, ...long(1, 400)])).toBe(true)
  }, 20_000)
})
