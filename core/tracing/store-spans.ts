/**
 * Spans of statements, by their names and never by their text. The parent is whatever the running code
 * belongs to (core/tracing/scope.ts), so no store method takes a trace.
 */
import type { StoreMetrics, StoreObserver, Write } from '../metrics/store-metrics.ts'
import { childOf, type TraceContext } from '../resilience/trace-context.ts'
import { currentScope, outside, within } from './scope.ts'
import { preciseNow, type RecordSpan } from './span.ts'

/** The same observer, which also leaves a span for each statement of a sampled trace. */
export function withStoreSpans(
  observe: StoreMetrics,
  system: 'sqlite' | 'cassandra',
  record: RecordSpan,
): StoreObserver {
  const attributes = { 'db.system.name': system }

  function tell(name: string, parent: TraceContext, start: number, failed = false): TraceContext {
    const context = childOf(parent)
    const { parentId } = parent
    record({
      name,
      kind: 'client',
      context,
      parentId,
      start,
      end: preciseNow(),
      failed,
      attributes,
    })
    return context
  }

  /**
   * A write waits for its turn and for the commit that it shares with others: that is a span of its
   * own, around those of its statements. The transaction runs as nobody's, as it is everybody's.
   */
  const spanned =
    (write: Write): Write =>
    async <T>(command: () => T): Promise<T> => {
      const scope = currentScope()
      const parent = scope?.sampled
      if (scope === undefined || parent === null || parent === undefined) {
        return outside(() => write(command))
      }
      const context = childOf(parent)
      const start = preciseNow()
      let failed = true
      try {
        const inside = { ...scope, sampled: context, trace: context }
        const result = await outside(() => write(() => within(inside, command)))
        failed = false
        return result
      } finally {
        const span = { name: 'group commit', kind: 'client', context, attributes } as const
        record({ ...span, parentId: parent.parentId, start, end: preciseNow(), failed })
      }
    }

  return Object.assign(
    (operation: string, milliseconds: number) => {
      observe(operation, milliseconds)
      const parent = currentScope()?.sampled
      if (parent) tell(operation, parent, preciseNow() - milliseconds)
    },
    {
      expect: observe.expect,
      committed: observe.committed,
      watchQueue: observe.watchQueue,
      spanned,
    },
  )
}
