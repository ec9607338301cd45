/** Single-flight: one load for all who ask at the same time, and no memory of it afterwards. */
import { expect, test } from 'bun:test'
import { singleFlight } from './single-flight.ts'

test('equal keys that are asked for together share one load', async () => {
  const flight = singleFlight<string, number>()
  const { promise, resolve } = Promise.withResolvers<number>()
  let loads = 0
  const load = () => {
    loads += 1
    return promise
  }
  const waiting = [flight('a', load), flight('a', load), flight('b', load)]
  expect(loads).toBe(2)
  resolve(7)
  expect(await Promise.all(waiting)).toEqual([7, 7, 7])
})

test('the next call after an answer loads anew', async () => {
  const flight = singleFlight<string, number>()
  let loads = 0
  const load = async () => (loads += 1)
  expect(await flight('a', load)).toBe(1)
  expect(await flight('a', load)).toBe(2)
})

test('a failure goes to all who wait and is not remembered', async () => {
  const flight = singleFlight<string, number>()
  const failing = () => Promise.reject(new Error('down'))
  const results = await Promise.allSettled([flight('a', failing), flight('a', failing)])
  expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected'])
  expect(await flight('a', () => 1)).toBe(1)
})

test('what a load throws at once rejects as well', async () => {
  const flight = singleFlight<string, number>()
  const throwing = () => {
    throw new Error('broken')
  }
  await expect(flight('a', throwing)).rejects.toThrow('broken')
  expect(await flight('a', () => 1)).toBe(1)
})
