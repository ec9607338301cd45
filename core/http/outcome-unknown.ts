/** A write to a store of which nobody can tell yet whether it took effect. */
import { Problem } from './problem.ts'

/**
 * On Cassandra a conditional write that timed out, which `settle` clears up; on SQLite a commit that
 * failed on its way to the disk. A client gets the problem `outcome_unknown` and may repeat.
 */
export class OutcomeUnknown extends Problem {
  constructor(cause: unknown) {
    super('outcome_unknown', { retryAfter: 1, cause })
    this.name = 'OutcomeUnknown'
  }
}

/** True for what a store throws when it cannot be used now; repeating the same later makes sense. */
export const isStoreFailure = (error: unknown): error is Problem =>
  error instanceof OutcomeUnknown ||
  (error instanceof Problem && error.code === 'store_unavailable')
