/**
 * What waits in this process instead of in the cluster. A statement's time runs from when it is sent,
 * so in a burst that is sent whole it runs out for all of them, the driver takes the node for dead and
 * gives its connections up, and the burst has become an outage.
 */
import { createAdaptiveLimit, type AdaptiveLimitOptions } from '../resilience/adaptive-limit.ts'
import { unavailable } from './failure.ts'

/**
 * Reads have places of their own: while a node hangs, writes that were sent to it keep theirs until
 * their time is over. Serial reads cost what a conditional write costs, and go with the writes.
 * What is urgent is a write that passes all that wait.
 */
export type Lane = 'read' | 'write' | 'urgent'

/** Runs the call when there is a place, or throws the problem `store_unavailable` when too many wait. */
export type Lanes = <T>(lane: Lane, call: () => Promise<T>) => Promise<T>

export type LanesOptions = Pick<AdaptiveLimitOptions, 'most' | 'least' | 'waiting' | 'now'>

/** Milliseconds from which a call counts as slow: a part of its time limit. */
const slowAfter = { read: 150, write: 400 } as const

export function createLanes(options: LanesOptions = {}): Lanes {
  const refuse = unavailable
  const reads = createAdaptiveLimit({ ...options, slow: slowAfter.read, refuse })
  const writes = createAdaptiveLimit({ ...options, slow: slowAfter.write, refuse })
  return (lane, call) => (lane === 'read' ? reads(call) : writes(call, lane === 'urgent'))
}
