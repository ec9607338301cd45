/** What a call to another service inherits from the request it belongs to. */
import type { Deadline } from '../resilience/deadline.ts'
import type { TraceContext } from '../resilience/trace-context.ts'

export interface Within {
  readonly deadline: Deadline
  readonly trace: TraceContext
}
