/** Work for a request ends when its time is over or its client has gone. */
import { expect, test } from 'bun:test'
import { deadlineIn } from '../resilience/deadline.ts'
import { manualClock } from '../values/time.ts'
import { ClientGone } from './client-gone.ts'
import { wantedBy } from './wanted.ts'

test('work is wanted until the deadline', () => {
  const clock = manualClock(1_000)
  const { signal } = new AbortController()
  const wanted = wantedBy({ deadline: deadlineIn(50, clock), inbound: { signal } })
  clock.advance(49)
  wanted.check()
  clock.advance(1)
  expect(() => wanted.check()).toThrow(expect.objectContaining({ code: 'store_unavailable' }))
})

test('work is wanted until the client goes', () => {
  const client = new AbortController()
  const { signal } = client
  const wanted = wantedBy({ deadline: deadlineIn(50, manualClock(0)), inbound: { signal } })
  wanted.check()
  client.abort()
  expect(() => wanted.check()).toThrow(ClientGone)
})
