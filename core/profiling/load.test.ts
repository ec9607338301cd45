/** The load that is measured while a profile is taken. */
import { expect, test } from 'bun:test'
import type { Observe } from '../http/pipeline.ts'
import { route } from '../http/route.ts'
import { createLoadMeter } from './load.ts'

const routeOf = (operation: string) =>
  route({
    method: 'GET',
    path: `/${operation}`,
    operation,
    access: 'public',
    summary: '',
    success: { status: 204, schema: null },
    errors: [],
    handler: () => null,
  })

function meter() {
  const seen: unknown[][] = []
  const observe: Observe = (...all) => void seen.push(all)
  const load = createLoadMeter()
  // What a request is matters to the observer alone.
  const request = {} as Parameters<Observe>[2]
  const take = (operation: string) => {
    const bound = load.bind(routeOf(operation), observe)
    return (milliseconds: number) => bound(200, milliseconds, request, undefined)
  }
  return { load, take, seen }
}

test('it tells the operation’s requests from all others', () => {
  const { load, take } = meter()
  const [cart, other] = [take('get_cart'), take('get_other')]
  cart(1_000)
  load.start('get_cart')
  for (let milliseconds = 1; milliseconds <= 100; milliseconds++) cart(milliseconds)
  for (let count = 0; count < 50; count++) other(5_000)
  const measured = load.stop()
  expect(measured).toMatchObject({ requests: 100, p50_ms: 50, p99_ms: 99 })
  const ratio = measured.overall_requests_per_second / measured.requests_per_second
  expect(ratio).toBeCloseTo(1.5, 1)
})

test('without an operation all requests count', () => {
  const { load, take } = meter()
  load.start(null)
  take('get_cart')(1)
  take('get_other')(3)
  expect(load.stop()).toMatchObject({ requests: 2, p50_ms: 1, p99_ms: 3 })
})

test('an operation that was not called has no durations', () => {
  const { load } = meter()
  load.start('get_cart')
  expect(load.stop()).toMatchObject({ requests: 0, p50_ms: null, p99_ms: null })
  expect(() => load.stop()).toThrow()
})

test('more requests than are kept are still a fair choice', () => {
  const { load, take } = meter()
  const cart = take('get_cart')
  load.start('get_cart')
  for (let count = 0; count < 100_000; count++) cart((count % 1_000) + 1)
  const { requests, p50_ms, p99_ms } = load.stop()
  expect(requests).toBe(100_000)
  expect(Math.abs((p50_ms ?? 0) - 500)).toBeLessThan(50)
  expect(Math.abs((p99_ms ?? 0) - 990)).toBeLessThan(10)
})

test('who observes is told of every request, measured or not', () => {
  const { load, take, seen } = meter()
  const cart = take('get_cart')
  cart(1)
  load.start('get_cart')
  cart(2)
  expect(seen.map(([status, milliseconds]) => [status, milliseconds])).toEqual([
    [200, 1],
    [200, 2],
  ])
})
