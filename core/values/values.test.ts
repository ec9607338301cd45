/** Money, identifiers and time: exact, derived alike everywhere, formatted as the standards say. */
import { describe, expect, test } from 'bun:test'
import { derivedId, isUuid, newId, orderIdFor, orderIdForCheckout } from './ids.ts'
import type { CheckoutId, UserId } from './ids.ts'
import { fromMinor, lineTotal, minor, sum, toMinor } from './money.ts'
import { manualClock, millis, toRfc3339 } from './time.ts'

describe('money', () => {
  test('takes amounts with at most two decimals and gives them back exactly', () => {
    for (let kopecks = 0; kopecks <= 200_000; kopecks++) {
      const amount = Number((kopecks / 100).toFixed(2))
      expect(toMinor(amount)).toBe(minor(kopecks))
      expect(fromMinor(minor(kopecks))).toBe(amount)
    }
    expect(toMinor(99_999_999.99)).toBe(minor(9_999_999_999))
  })

  test.each([0.001, 1.005, 0.1 + 0.2, Number.NaN, Infinity, -Infinity, 1e300, 2 ** 53])(
    'refuses %p',
    (amount) => {
      expect(toMinor(amount)).toBeNull()
    },
  )

  test('adds up in whole minor units', () => {
    expect(lineTotal(minor(1_999), 3)).toBe(minor(5_997))
    expect(sum([minor(10), minor(20), minor(30)])).toBe(minor(60))
    expect(sum([])).toBe(minor(0))
  })
})

describe('identifiers', () => {
  test('new ones are UUIDv7 and rise with time', () => {
    const early = newId<string>(millis(1_700_000_000_000))
    const late = newId<string>(millis(1_800_000_000_000))
    expect(early[14]).toBe('7')
    expect(isUuid(early)).toBe(true)
    expect(early < late).toBe(true)
  })

  test('derived ones are the same on every machine and differ by kind and name', () => {
    // Written down: a changed derivation would make every machine seed other products.
    expect(derivedId<string>('product', 'one')).toBe(derivedId<string>('product', 'one'))
    expect(derivedId<string>('product', 'one')[14]).toBe('5')
    const ids = [
      derivedId<string>('product', 'one'),
      derivedId<string>('product', 'two'),
      derivedId<string>('order', 'one'),
    ]
    expect(new Set(ids).size).toBe(3)
  })

  test('an order is known by user, operation and key together', () => {
    const [ann, bob] = ['a' as UserId, 'b' as UserId]
    const ids = [
      orderIdFor(ann, 'checkout', 'k'),
      orderIdFor(bob, 'checkout', 'k'),
      orderIdFor(ann, 'create_order', 'k'),
      orderIdFor(ann, 'checkout', 'l'),
      orderIdForCheckout('k' as CheckoutId),
    ]
    expect(new Set(ids).size).toBe(5)
    expect(orderIdFor(ann, 'checkout', 'k')).toBe(ids[0] ?? orderIdFor(bob, '', ''))
  })
})

describe('time', () => {
  test('is shown as RFC 3339 in UTC', () => {
    expect(toRfc3339(millis(0))).toBe('1970-01-01T00:00:00.000Z')
  })

  test('stands still on a manual clock until it is told to advance', () => {
    const clock = manualClock(5)
    expect(clock.now()).toBe(millis(5))
    clock.advance(10)
    expect(clock.now()).toBe(millis(15))
  })
})
