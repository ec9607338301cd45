/** Identifiers: new ones sort by time, derived ones come out the same everywhere. */
import { describe, expect, test } from 'bun:test'
import {
  derivedId,
  isUuid,
  newId,
  orderIdFor,
  orderIdForCheckout,
  type CheckoutId,
  type UserId,
} from './ids.ts'
import { millis } from './time.ts'

describe('a new id', () => {
  test('is a lower-case UUIDv7 that holds its time', () => {
    const at = Date.UTC(2026, 0, 31)
    const id = newId<string>(millis(at))
    expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
    expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(at)
  })

  test('never repeats, and sorts behind those made before it', () => {
    const ids = Array.from({ length: 2_000 }, () => newId<string>())
    expect(new Set(ids).size).toBe(ids.length)
    expect([...ids].sort()).toEqual(ids)
    expect(newId<string>(millis(1_000)) < newId<string>(millis(1_001))).toBe(true)
  })
})

describe('a derived id', () => {
  test('is the same on every machine and in every version', () => {
    // Written down once: a change would give retries after an update another order.
    expect(derivedId<string>('order', 'x')).toBe('5bb8c873-16f2-50e5-8c7f-32f740f619b0')
    expect(orderIdFor('u1' as UserId, 'checkout', 'key')).toBe(
      '9c0c504b-7ff5-5bc1-85fb-ab3331c22db2' as never,
    )
    expect(orderIdForCheckout('c1' as CheckoutId)).toBe(
      'dc11bac3-ccc9-5766-b136-bb72c48b34ef' as never,
    )
  })

  test('is a UUIDv5', () => {
    expect(derivedId<string>('order', 'x')).toMatch(/^[\da-f]{8}-[\da-f]{4}-5[\da-f]{3}-[89ab]/)
  })

  test('differs with each part, wherever one ends and the next begins', () => {
    const ids = [
      derivedId<string>('order', 'x'),
      derivedId<string>('orde', 'rx'),
      derivedId<string>('orderx', ''),
      orderIdFor('u1' as UserId, 'checkout', 'key'),
      orderIdFor('u2' as UserId, 'checkout', 'key'),
      orderIdFor('u1' as UserId, 'order', 'key'),
      orderIdFor('u1' as UserId, 'checkout', 'Key'),
      orderIdFor('u1' as UserId, 'checkoutkey', ''),
      orderIdForCheckout('key' as CheckoutId),
    ]
    expect(new Set<string>(ids).size).toBe(ids.length)
  })
})

test.each([
  ['6f1c1d5e-3c0b-5b52-9d6f-0d5a7b2f4e11', true],
  ['6F1C1D5E-3C0B-5B52-9D6F-0D5A7B2F4E11', true],
  ['6f1c1d5e3c0b5b529d6f0d5a7b2f4e11', false],
  ['{6f1c1d5e-3c0b-5b52-9d6f-0d5a7b2f4e11}', false],
  ['6f1c1d5e-3c0b-5b52-9d6f-0d5a7b2f4e1', false],
  ['6f1c1d5e-3c0b-5b52-9d6f-0d5a7b2f4e11\n', false],
  ['zf1c1d5e-3c0b-5b52-9d6f-0d5a7b2f4e11', false],
  ['', false],
])('%p is a UUID: %p', (text, expected) => {
  expect(isUuid(text)).toBe(expected)
})
