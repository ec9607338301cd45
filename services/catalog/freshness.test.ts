/** When answers are marked as possibly outdated, and when no longer. */
import { beforeEach, describe, expect, test } from 'bun:test'
import { Reply } from '../../core/http/reply.ts'
import { manualClock, millis } from '../../core/values/time.ts'
import { createFreshness, staleReply, type Freshness } from './freshness.ts'

const reply = new Reply(200, { etag: '"1"' }, 'body')

describe('freshness', () => {
  let clock: ReturnType<typeof manualClock>
  let freshness: Freshness
  let down: boolean
  let marked: number

  beforeEach(() => {
    clock = manualClock(1_000_000)
    down = false
    marked = 0
    freshness = createFreshness({
      refresh: () => (down ? Promise.reject(new Error('down')) : Promise.resolve()),
      clock,
      onStale: () => marked++,
    })
  })

  async function poll(): Promise<void> {
    clock.advance(500)
    await freshness.refresh().catch(() => {})
  }

  test('leaves answers alone while the store answers, however long that is', async () => {
    for (let n = 0; n < 20; n++) await poll()
    clock.advance(60_000)
    expect(freshness.mark(reply)).toBe(reply)
  })

  test('bears a failure of less than two seconds', async () => {
    down = true
    for (let n = 0; n < 3; n++) await poll()
    expect(freshness.mark(reply)).toBe(reply)
    await poll()
    expect(freshness.mark(reply)).not.toBe(reply)
  })

  test('marks with whole seconds since the store last answered', async () => {
    await poll()
    down = true
    for (let n = 0; n < 5; n++) await poll()
    expect(freshness.mark(reply)).toEqual(
      new Reply(200, { etag: '"1"', age: '2', 'x-cache': 'stale' }, 'body'),
    )
    clock.advance(10_499)
    expect(freshness.mark(reply).headers.age).toBe('12')
    clock.advance(1)
    expect(freshness.mark(reply).headers.age).toBe('13')
    expect(marked).toBe(3)
    expect(reply.headers).toEqual({ etag: '"1"' })
  })

  test('ends with the first refresh that works', async () => {
    down = true
    for (let n = 0; n < 10; n++) await poll()
    down = false
    await poll()
    expect(freshness.mark(reply)).toBe(reply)
    expect(marked).toBe(0)
  })

  test('lets who refreshes know of the failure', async () => {
    down = true
    await expect(freshness.refresh()).rejects.toThrow('down')
  })
})

test('an age is never rounded up', () => {
  expect(staleReply(reply, millis(999)).headers.age).toBe('0')
})
