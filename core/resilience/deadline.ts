/** Deadlines that travel: a request has a budget, and every call inside it gets what is left. */
import { millis, systemClock, type Clock, type Millis } from '../values/time.ts'

/**
 * Carries the milliseconds left to the called service. A remaining time instead of a point in time,
 * so that two machines need no common clock (as in gRPC's `grpc-timeout`).
 */
export const deadlineHeader = 'x-request-deadline'

export interface Deadline {
  /** Milliseconds left, never below zero. */
  remaining(): Millis
  expired(): boolean
}

/** A deadline `budget` milliseconds from now. */
export function deadlineIn(budget: number, clock: Clock = systemClock): Deadline {
  const end = clock.now() + budget
  return {
    remaining: () => millis(Math.max(0, end - clock.now())),
    expired: () => clock.now() >= end,
  }
}

/** A route's own budget, shortened by what the caller says is left; a caller can never lengthen it. */
export function budgetFrom(header: string | null, budget: Millis): Millis {
  if (header === null || !/^\d{1,7}$/.test(header)) return budget
  return millis(Math.min(budget, Number(header)))
}
