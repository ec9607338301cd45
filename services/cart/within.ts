/** What a call to another service inherits from the request it belongs to. */
import type { Deadline } from '../../core/resilience/deadline.ts'
import type { TraceContext } from '../../core/resilience/trace-context.ts'

export interface Within {
  readonly deadline: Deadline
  readonly trace: TraceContext
}
