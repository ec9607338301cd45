/** Health: what a process says of itself from start to end. */
import { expect, test } from 'bun:test'
import { createHealth } from './health.ts'

test('a process is starting, then ready, then draining for good', async () => {
  const health = createHealth(() => {})
  expect(health.isStarted()).toBe(false)
  expect(await health.notReady()).toBe('starting')
  health.started()
  expect(health.isStarted()).toBe(true)
  expect(await health.notReady()).toBeNull()
  health.drain()
  expect(await health.notReady()).toBe('draining')
  expect(health.isStarted()).toBe(true)
})

test('readiness follows the store and does not tell what is wrong with it', async () => {
  let broken = false
  const health = createHealth(async () => {
    if (broken) throw new Error('/data/order.db is locked')
  })
  health.started()
  broken = true
  expect(await health.notReady()).toBe('store unavailable')
  broken = false
  expect(await health.notReady()).toBeNull()
})

test('the store is not asked before the start and after the end', async () => {
  let asked = 0
  const health = createHealth(() => void asked++)
  await health.notReady()
  health.started()
  health.drain()
  await health.notReady()
  expect(asked).toBe(0)
})

test('a store that does not answer is not waited for', async () => {
  const health = createHealth(() => new Promise<void>(() => {}))
  health.started()
  expect(await health.notReady()).toBe('store unavailable')
})
