/** Spans around calls to other services, and the trace that goes along with them. */
import type { ServiceClient } from '../clients/service-client.ts'
import { childOf } from '../resilience/trace-context.ts'
import type { ServiceName } from '../values/service-name.ts'
import { preciseNow, type RecordSpan } from './span.ts'

/** The same client; a call of a sampled trace leaves a span, which is the parent of the peer's. */
export function withSpans(
  client: ServiceClient,
  peer: ServiceName,
  record: RecordSpan,
): ServiceClient {
  const name = `call ${peer}`
  return {
    ...client,
    async call(request) {
      const { trace } = request
      if (trace === undefined || !trace.sampled) return client.call(request)
      const context = childOf(trace)
      const start = preciseNow()
      // Paths hold identifiers, so they stay out; the peer's own span names its route.
      const attributes: Record<string, string | number> = {
        'peer.service': peer,
        'http.request.method': request.method,
      }
      let failed = true
      try {
        const answer = await client.call({ ...request, trace: context })
        attributes['http.response.status_code'] = answer.status
        failed = false
        return answer
      } finally {
        const end = preciseNow()
        record({
          name,
          kind: 'client',
          context,
          parentId: trace.parentId,
          start,
          end,
          failed,
          attributes,
        })
      }
    },
  }
}
