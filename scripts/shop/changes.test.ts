/** Which processes a changed file concerns. */
import { expect, test } from 'bun:test'
import { concerned } from './changes.ts'

const names = ['catalog', 'cart', 'order', 'user', 'gateway'] as const

test('a file of a service concerns that service, a file of core all of them', () => {
  expect(concerned('services/cart/cart.ts', names)).toEqual(['cart'])
  expect(concerned('services/gateway/proxy.ts', names)).toEqual(['gateway'])
  expect(concerned('core/http/route.ts', names)).toEqual(names)
})

test('tests and other files concern nobody', () => {
  const files = [
    'services/cart/cart.test.ts',
    'services/cart/store.conformance.ts',
    'services/gateway/gateway.fixture.ts',
    'services/cart/.cart.ts.swp',
    'services/cart/notes.md',
    'services/other/main.ts',
    'scripts/start.ts',
  ]
  for (const file of files) expect([file, concerned(file, names)]).toEqual([file, []])
})
