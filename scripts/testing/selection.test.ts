/** Choosing test files and tests by the words of the command line. */
import { expect, test } from 'bun:test'
import { select, type TestFile } from './selection.ts'

const files: readonly TestFile[] = [
  { path: 'tests/faults/kill.test.ts', text: "test('a killed cart comes back', ...)" },
  { path: 'services/cart/cart.test.ts', text: "test('adds up (twice)', ...)" },
  { path: 'core/values/money.test.ts', text: "test('rounds', ...)" },
  { path: 'services/cart/store.cassandra.test.ts', text: "test('keeps carts', ...)" },
]

test('without words all files run, those of processes one at a time', () => {
  expect(select(files, [])).toEqual({
    units: ['core/values/money.test.ts', 'services/cart/cart.test.ts'],
    cassandra: ['services/cart/store.cassandra.test.ts'],
    serial: ['tests/faults/kill.test.ts'],
    name: null,
  })
})

test('those that need a node are told apart', () => {
  expect(select(files, ['keeps'])).toEqual({
    units: [],
    cassandra: ['services/cart/store.cassandra.test.ts'],
    serial: [],
    name: 'keeps',
  })
})

test('a part of a path chooses files, whichever way it is written', () => {
  for (const word of ['cart/cart', './services/cart/cart.test.ts', 'cart.test']) {
    expect(select(files, [word])).toEqual({
      units: ['services/cart/cart.test.ts'],
      cassandra: [],
      serial: [],
      name: null,
    })
  }
})

test('several paths choose all of them', () => {
  expect(select(files, ['money', 'kill'])).toEqual({
    units: ['core/values/money.test.ts'],
    cassandra: [],
    serial: ['tests/faults/kill.test.ts'],
    name: null,
  })
})

test('other words are a part of a test name, taken literally', () => {
  expect(select(files, ['adds', 'up', '(twice)'])).toEqual({
    units: ['services/cart/cart.test.ts'],
    cassandra: [],
    serial: [],
    name: 'adds up \\(twice\\)',
  })
})

test('words that nothing has to do with choose nothing', () => {
  expect(select(files, ['no such thing'])).toBeNull()
})
