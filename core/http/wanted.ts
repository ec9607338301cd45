/** Whether somebody still waits for what is being worked out: long work asks in between. */
import type { Deadline } from '../resilience/deadline.ts'
import { ClientGone } from './client-gone.ts'
import type { Inbound } from './engine/engine.ts'
import { problem } from './problem.ts'

/** Taken by every store method that may read on and on. */
export interface Wanted {
  /**
   * Ends work that nobody waits for.
   *
   * @throws ClientGone when the client has closed its connection, and the problem
   * `store_unavailable` when the request's time is over
   */
  check(): void
}

/** Work for one request. */
export function wantedBy(request: {
  readonly deadline: Deadline
  readonly inbound: Pick<Inbound, 'signal'>
}): Wanted {
  const { deadline } = request
  const { signal } = request.inbound
  return {
    check() {
      if (signal.aborted) throw new ClientGone()
      if (deadline.expired()) throw problem('store_unavailable', { retryAfter: 1 })
    },
  }
}

/** Work of the process itself, which has an end of its own. */
export const alwaysWanted: Wanted = { check: () => {} }
