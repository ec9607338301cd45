/** Which copies of a service are asked. */
import { expect, test } from 'bun:test'
import { createLogger } from '../logging/logger.ts'
import { fakeCopy, until, type FakeCopy } from './copies.fixture.ts'
import { soleCopy, watchCopies, type Copies, type CopiesOptions } from './copies.ts'

const watch = (copies: readonly FakeCopy[], options: Partial<CopiesOptions> = {}) =>
  watchCopies({
    service: 'catalog',
    addresses: copies.map(({ address }) => address),
    interval: 10,
    otherwise: 'none',
    log: createLogger({ service: 'cart', level: 'silent' }),
    ...options,
  })

const picks = (copies: Copies, count: number) => Array.from({ length: count }, () => copies.pick())

test('ready copies are asked in turn', async () => {
  using a = fakeCopy()
  using b = fakeCopy()
  using c = fakeCopy()
  const copies = watch([a, b, c])
  await copies.checked
  const [first, second] = [picks(copies, 3), picks(copies, 3)]
  expect(new Set(first)).toEqual(new Set([a.address, b.address, c.address]))
  expect(second).toEqual(first)
  await copies.stop()
})

test('to look whether there is another copy takes nobody out of turn', async () => {
  using a = fakeCopy()
  using b = fakeCopy()
  const copies = watch([a, b])
  await copies.checked
  const first = copies.pick() ?? ''
  expect(copies.hasOther([first])).toBe(true)
  expect(copies.hasOther([a.address, b.address])).toBe(false)
  expect(copies.pick()).not.toBe(first)
  await copies.stop()
})

test('a copy that drains gets nothing until it is ready again', async () => {
  using a = fakeCopy()
  using b = fakeCopy()
  const copies = watch([a, b])
  await copies.checked
  a.health = 'draining'
  await until('it is known', () => picks(copies, 2).every((each) => each === b.address))
  b.health = 'draining'
  await until('both are known', () => copies.pick() === null)
  expect(copies.hasOther([])).toBe(false)
  a.health = 'ready'
  await until('it is back', () => copies.pick() === a.address)
  await copies.stop()
})

test('a copy without its store is asked only while no other is ready', async () => {
  using a = fakeCopy()
  using b = fakeCopy()
  a.health = 'store unavailable'
  const copies = watch([a, b])
  await copies.checked
  expect(picks(copies, 3)).toEqual([b.address, b.address, b.address])
  b.health = 'store unavailable'
  await until('both are asked', () => new Set(picks(copies, 2)).size === 2)
  b.health = 'draining'
  await until('one is asked', () => picks(copies, 2).every((each) => each === a.address))
  await copies.stop()
})

test('a copy that failed is out at once and back when it answers a check', async () => {
  using a = fakeCopy()
  using b = fakeCopy()
  // Long, so that only the failure itself can have caused the check that finds it well.
  const copies = watch([a, b], { interval: 60_000 })
  await copies.checked
  expect(picks(copies, 4)).toContain(a.address)
  await until('the checks go on', () => {
    copies.failed(a.address)
    return picks(copies, 2).every((each) => each === b.address)
  })
  await until('it is back', () => picks(copies, 2).includes(a.address))
  await copies.stop()
})

test('copies that were tried are left out', async () => {
  using a = fakeCopy()
  using b = fakeCopy()
  const copies = watch([a, b])
  await copies.checked
  for (let call = 0; call < 4; call++) expect(copies.pick([a.address])).toBe(b.address)
  expect(copies.pick([a.address, b.address])).toBeNull()
  await copies.stop()
})

test('a copy that hangs is out, whoever waits for it is told, and it comes back', async () => {
  using copy = fakeCopy()
  const copies = watch([copy])
  await copies.checked
  const told = copies.hung(copy.address)
  copy.health = 'hangs'
  await until('it is known', () => copies.pick() === null)
  await until('it is told', () => told.aborted)
  copy.health = 'ready'
  await until('it is back', () => copies.pick() === copy.address)
  expect(copies.hung(copy.address).aborted).toBe(false)
  await copies.stop()
}, 15_000)

test('who drains is not said to hang: its last answers are still to come', async () => {
  using copy = fakeCopy()
  const copies = watch([copy])
  await copies.checked
  const told = copies.hung(copy.address)
  copy.health = 'draining'
  await until('it is known', () => copies.pick() === null)
  expect(told.aborted).toBe(false)
  await copies.stop()
})

test('where the caller has a breaker, some copy is asked even when none is ready', async () => {
  using a = fakeCopy()
  a.health = 'draining'
  const copies = watch([a], { otherwise: 'any' })
  await copies.checked
  expect([copies.pick(), copies.pick([a.address])]).toEqual([a.address, null])
  await copies.stop()
})

test('a stop does not wait for a copy that hangs', async () => {
  using copy = fakeCopy()
  copy.health = 'hangs'
  const copies = watch([copy], { interval: 60_000 })
  const stopped = copies.stop()
  // Its own limit would be a second; the check under way is given up instead.
  await stopped
  expect(copies.pick()).toBeNull()
})

test('a sole copy is always the one, and once', () => {
  const copies = soleCopy('order', 'http://a')
  copies.failed('http://a')
  expect([copies.pick(), copies.pick(['http://a'])]).toEqual(['http://a', null])
  expect(copies.hasOther([])).toBe(false)
})
