/** Which part of a profile belongs to an operation. */
import { describe, expect, test } from 'bun:test'
import { callTreeOf, totalOf } from './call-tree.ts'
import { cutTo } from './cut.ts'
import { profileOf, shown } from './profile.fixture.ts'

const all = callTreeOf(
  profileOf(`
    fetch core/engine.ts:5 1
      create_order services/order/routes.ts:70 1
        place services/order/placing.ts:9 1
          save services/order/store.ts:3 1
      get_order services/order/routes.ts:40 1
        save services/order/store.ts:3 1
    advance core/pipeline.ts:143 1
      create_order services/order/routes.ts:70 2
    create_order services/order/routes.ts:70 4
      answer services/order/answers.ts:2 8
    place services/order/placing.ts:9 16
      call core/client.ts:7 32
    call core/client.ts:7 64
    save services/order/store.ts:3 128
    flush core/group-commit.ts:58 256
  `),
)

describe('a profile cut to an operation', () => {
  const { tree, shared } = cutTo(all, 'create_order', ['create_order', 'get_order'])

  test('has what the handler calls, and what follows an await where it was awaited', () => {
    expect(shown(tree)).toEqual([
      'all native 0',
      '  create_order services/order/routes.ts:70 7',
      '    place services/order/placing.ts:9 17',
      '      save services/order/store.ts:3 129',
      '      call core/client.ts:7 96',
      '    answer services/order/answers.ts:2 8',
    ])
  })
  test('says how much of it others may have caused', () => {
    expect(shared).toBe(128)
  })
  test('counts no sample twice and invents none', () => {
    // Without the engine's and pipeline's own, the other operation's, and the commit of all requests.
    expect(totalOf(tree)).toBe(totalOf(all) - 1 - 1 - 2 - 256)
  })
  test('is empty when the operation was not called', () => {
    expect(totalOf(cutTo(all, 'cancel_order', ['cancel_order', 'get_order']).tree)).toBe(0)
  })
  test('is not taken in by a function of the same name that is no handler', () => {
    const named = callTreeOf(
      profileOf(`
        checkout services/cart/routes.ts:9 1
          checkout services/cart/checkout.ts:30 2
        checkout services/cart/checkout.ts:30 4
        sweep services/cart/sweep.ts:5 0
          checkout services/cart/checkout.ts:30 8
      `),
    )
    expect(totalOf(cutTo(named, 'checkout', ['checkout']).tree)).toBe(7)
  })
  test('puts a continuation where most of its function’s samples are', () => {
    const twice = callTreeOf(
      profileOf(`
        get_cart services/cart/routes.ts:9 0
          rare services/cart/a.ts:1 0
            ask services/cart/catalog.ts:3 1
          often services/cart/b.ts:1 0
            ask services/cart/catalog.ts:3 5
        ask services/cart/catalog.ts:3 10
      `),
    )
    expect(shown(cutTo(twice, 'get_cart', ['get_cart']).tree)).toContain(
      '      ask services/cart/catalog.ts:3 15',
    )
  })
})
