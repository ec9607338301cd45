/**
 * What waits in this process instead of in the cluster. A statement's time runs from when it is sent,
 * so in a burst that is sent whole it runs out for all of them, the driver takes the node for dead and
 * gives its connections up, and the burst has become an outage.
 */
import { BulkheadRejectedError, bulkhead } from 'cockatiel'
import { unavailable } from './failure.ts'

/**
 * Reads have places of their own: while a node hangs, writes that were sent to it keep theirs until
 * their time is over. Serial reads cost what a conditional write costs, and go with the writes.
 */
export type Lane = 'read' | 'write'

/** Runs the call when there is a place, or throws the problem `store_unavailable` when too many wait. */
export type Lanes = <T>(lane: Lane, call: () => Promise<T>) => Promise<T>

/** Under way at once in each lane: at 5 ms each, some 12,000 statements a second. */
const placesAtOnce = 64
/** More than the requests that a process admits can ever make wait. */
const waitingAtMost = 10_000

export function createLanes(places = placesAtOnce, waiting = waitingAtMost): Lanes {
  const lanes = { read: bulkhead(places, waiting), write: bulkhead(places, waiting) }
  return async (lane, call) => {
    try {
      return await lanes[lane].execute(call)
    } catch (error) {
      throw error instanceof BulkheadRejectedError ? unavailable(error) : error
    }
  }
}
