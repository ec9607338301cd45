/** Steps of the business as spans: `reserve_stock`, `create_order`; nothing at all where tracing is off. */
import {
  childOf,
  newTrace,
  parseTraceparent,
  type TraceContext,
} from '../resilience/trace-context.ts'
import { currentScope, outside, within } from './scope.ts'
import { preciseNow, type FinishedSpan, type RecordSpan } from './span.ts'

export interface Steps {
  /** Runs a step of a trace; what it calls gets the trace that `run` is given. */
  step<T>(name: string, trace: TraceContext, run: (trace: TraceContext) => Promise<T>): Promise<T>
  /**
   * Runs what follows from an earlier request, in a trace of its own that is linked to it.
   *
   * @param earlier the `traceparent` that was stored with the order or checkout
   */
  following<T>(name: string, earlier: string, run: (trace: TraceContext) => Promise<T>): Promise<T>
}

/** Tracing is off: the steps alone. */
export const noSteps: Steps = {
  step: (_name, trace, run) => run(trace),
  following: (_name, _earlier, run) => run(newTrace()),
}

export function createSteps(record: RecordSpan): Steps {
  /** A span around `run`; what throws has failed. */
  async function spanned<T>(
    span: Pick<FinishedSpan, 'name' | 'context' | 'parentId' | 'link'>,
    run: (trace: TraceContext) => Promise<T>,
  ): Promise<T> {
    const { context } = span
    const requestId = currentScope()?.requestId
    const scope = {
      sampled: context,
      trace: context,
      ...(requestId !== undefined && { requestId }),
    }
    const start = preciseNow()
    let failed = true
    try {
      const result = await within(scope, () => run(context))
      failed = false
      return result
    } finally {
      record({ ...span, kind: 'internal', start, end: preciseNow(), failed })
    }
  }

  return {
    step(name, trace, run) {
      if (!trace.sampled) return run(trace)
      return spanned({ name, context: childOf(trace), parentId: trace.parentId }, run)
    },
    following(name, earlier, run) {
      const link = parseTraceparent(earlier)
      // Out of the scope of the request that may have set this off: it goes on after its end.
      if (link === null || !link.sampled) return outside(() => run(newTrace()))
      return outside(() => spanned({ name, context: newTrace(true), parentId: null, link }, run))
    },
  }
}
