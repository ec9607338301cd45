/**
 * Who may begin a checkout. One is a dozen writes in four services: where more are begun than the store
 * can do, all of them run out of time with half of their writes made, are asked for again by their
 * clients and taken up by sweepers, and none ends. So as many are under way as end in a part of their
 * budget; who comes later waits his turn, and hears after half of his own that nothing was begun.
 */
import { createAdaptiveLimit, type AdaptiveLimit } from '../resilience/adaptive-limit.ts'
import { problem } from './problem.ts'

/**
 * Milliseconds of a request that places an order: it waits for up to three services, on a bad day for a
 * restart of one.
 */
export const checkoutBudget = 8_000

/** Of one process; those who repeat or join what is under way have no need of it. */
export function createAdmission(): AdaptiveLimit {
  return createAdaptiveLimit({
    slow: checkoutBudget / 4,
    patience: checkoutBudget / 2,
    countFailures: true,
    refuse: () => problem('overloaded', { retryAfter: 1 }),
  })
}

/** Where nobody has to wait. */
export const admitAll: AdaptiveLimit = (call) => call()
