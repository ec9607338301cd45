/** A process that dies between any two steps of a checkout, and what the others make of it. */
import { describe, expect, test } from 'bun:test'
import { newId, type ProductId } from '../../core/values/ids.ts'
import { idleAfter } from './checkout.ts'
import type { Orders } from './orders.ts'
import type { Mishap } from './orders.model.ts'
import { createShop, outcomeOf, type Shop } from './shop.model.ts'
import type { CartStore } from './store.ts'

const apples = newId<ProductId>()
const pears = newId<ProductId>()

/**
 * A process whose `fatal`th step (counted from 0) is its last: it dies just before or just after
 * that step has taken effect, and nothing it tries later happens.
 */
function mortalProcess(shop: Shop, fatal: number, moment: 'before' | 'after') {
  let steps = 0
  const death = new Error('this process is dead')

  function mortal<T extends CartStore | Orders>(target: T): T {
    return new Proxy(target, {
      get(object, name) {
        const inner: unknown = Reflect.get(object, name)
        if (typeof inner !== 'function') return inner
        return async (...parameters: unknown[]) => {
          const step = steps++
          if (step > fatal || (step === fatal && moment === 'before')) throw death
          const result: unknown = await Reflect.apply(inner, object, parameters)
          if (step === fatal) throw death
          return result
        }
      },
    })
  }
  const process = shop.processOf(mortal(shop.store), mortal(shop.orders))
  return { process, died: () => steps > fatal }
}

/** Runs `scenario` with a death at every step that a checkout has, and once without. */
async function withEveryDeath(
  key: string | null,
  scenario: (shop: Shop) => Promise<void>,
  prepare: (shop: Shop) => void = () => {},
): Promise<number> {
  for (let fatal = 0; ; fatal++) {
    let died = false
    for (const moment of ['before', 'after'] as const) {
      const shop = createShop()
      await shop.add(apples, 2)
      prepare(shop)
      const mortal = mortalProcess(shop, fatal, moment)
      await outcomeOf(shop.checkout(mortal.process, key))
      died = mortal.died()
      await scenario(shop)
      await shop.store.close()
    }
    if (!died) return fatal
  }
}

/** An order whose process died after the last write is counted by nobody; that is a metric's loss. */
async function expectPieces(shop: Shop): Promise<void> {
  const { cart, open } = await shop.store.load(shop.user)
  expect(open).toBeNull()
  const ordered = [...shop.orders.made.values()].flatMap((order) => order.lines)
  const pieces = (lines: readonly { quantity: number }[]) =>
    lines.reduce((sum, line) => sum + line.quantity, 0)
  expect(pieces(ordered) + pieces(cart?.lines ?? [])).toBe(2)
}

const mishaps: readonly (readonly Mishap[])[] = [
  [],
  ['answer lost'],
  ['request lost'],
  ['refused'],
  ['answer lost', 'refused'],
]

describe('a process dies at any step of a checkout', () => {
  for (const script of mishaps) {
    const name = script.length === 0 ? 'all else goes well' : script.join(', then ')

    test(`and the client asks again with its key (${name})`, async () => {
      const steps = await withEveryDeath(
        'k',
        async (shop) => {
          const survivor = shop.processOf()
          let outcome = ''
          for (let n = 0; n < 4 && outcome !== '200'; n++) {
            outcome = await outcomeOf(shop.checkout(survivor, 'k'))
          }
          expect(outcome).toBe('200')
          expect(shop.orders.made.size).toBe(1)
          expect(await shop.linesNow()).toEqual([])
          await expectPieces(shop)
        },
        (shop) => shop.orders.script(...script),
      )
      expect(steps).toBeGreaterThan(3)
    })

    test(`and the sweeper goes on (${name})`, async () => {
      for (const key of ['k', null]) {
        await withEveryDeath(
          key,
          async (shop) => {
            const survivor = shop.processOf()
            for (let n = 0; n < 4; n++) {
              shop.clock.advance(idleAfter)
              await survivor.sweep()
            }
            expect(shop.orders.made.size).toBeLessThanOrEqual(1)
            await expectPieces(shop)
          },
          (shop) => shop.orders.script(...script),
        )
      }
    })
  }

  test('and the stock turns out to be short: one answer, nothing taken', async () => {
    await withEveryDeath(
      'k',
      async (shop) => {
        const survivor = shop.processOf()
        const answers = [await shop.checkout(survivor, 'k'), await shop.checkout(survivor, 'k')]
        expect(answers.map((answer) => answer.status)).toEqual([409, 409])
        expect(answers[0]?.body).toBe(answers[1]?.body ?? '')
        expect(shop.orders.rejected.size).toBe(1)
        expect(await shop.linesNow()).toHaveLength(1)
        await expectPieces(shop)
      },
      (shop) => shop.orders.sellOut(),
    )
  })
})

test('three processes, mixed keys and mishaps: every piece is ordered once or still there', async () => {
  const script: readonly Mishap[] = ['refused', 'answer lost', 'running', 'request lost']
  for (let round = 0; round < 12; round++) {
    const shop = createShop()
    const processes = [shop.processOf(), shop.processOf(), shop.processOf()]
    const turn = <T>(items: readonly T[], n: number): T => items[n % items.length] as T
    for (let wave = 0; wave < 3; wave++) {
      await shop.add(turn([apples, pears], wave), 1 + round)
      shop.orders.script(turn(script, round + wave))
      const keys = [null, `a${wave}`, `b${wave}`, null, `a${wave}`, null]
      await Promise.all(
        keys.map((key, n) => outcomeOf(shop.checkout(turn(processes, n + round), key))),
      )
    }
    for (let n = 0; n < 6; n++) {
      shop.clock.advance(idleAfter)
      await Promise.all(processes.map((process) => process.sweep()))
    }
    await shop.expectSettled()
    await shop.store.close()
  }
})
