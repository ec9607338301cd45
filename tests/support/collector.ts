/** A small collector of spans: takes OTLP over HTTP and keeps what it got. */
import { hexOf, messagesOf, numberOf, readMessage, textOf, type Message } from './protobuf.ts'

export interface CollectedSpan {
  readonly service: string
  readonly name: string
  readonly kind: 'internal' | 'server' | 'client'
  readonly traceId: string
  readonly spanId: string
  /** Empty for the first span of a trace. */
  readonly parentId: string
  /** Nanoseconds since 1970. */
  readonly start: bigint
  readonly end: bigint
  readonly failed: boolean
  readonly attributes: Readonly<Record<string, string | number>>
  /** Trace ids of what it is linked to. */
  readonly links: readonly string[]
}

export interface Collector extends Disposable {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly url: string
  readonly spans: readonly CollectedSpan[]
  /** All that was received, as it came. */
  raw(): Buffer
  /** From now on answers with this status; 200 takes spans again. */
  answer(status: number): void
}

export function startCollector(): Collector {
  const spans: CollectedSpan[] = []
  const bodies: Uint8Array[] = []
  let status = 200
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      const body = new Uint8Array(await request.arrayBuffer())
      if (new URL(request.url).pathname !== '/v1/traces') return new Response(null, { status: 404 })
      if (status !== 200) return new Response(null, { status })
      bodies.push(body)
      spans.push(...spansOf(readMessage(body)))
      return new Response(null, { headers: { 'content-type': 'application/x-protobuf' } })
    },
  })
  return {
    url: `http://127.0.0.1:${server.port}`,
    spans,
    raw: () => Buffer.concat(bodies),
    answer(next) {
      status = next
    },
    [Symbol.dispose]: () => void server.stop(true),
  }
}

// Field numbers of opentelemetry/proto/trace/v1/trace.proto.
function spansOf(request: Message): readonly CollectedSpan[] {
  return messagesOf(request, 1).flatMap((group) => {
    const service = String(
      messagesOf(group, 1)
        .flatMap((resource) => Object.entries(attributesOf(resource, 1)))
        .find(([name]) => name === 'service.name')?.[1],
    )
    return messagesOf(group, 2)
      .flatMap((scope) => messagesOf(scope, 2))
      .map((span) => spanOf(span, service))
  })
}

const kinds = ['internal', 'server', 'client'] as const

const spanOf = (span: Message, service: string): CollectedSpan => ({
  service,
  name: textOf(span, 5),
  // From 1 on; 0 is "unspecified", which nothing here sends.
  kind: kinds[Number(numberOf(span, 6)) - 1] ?? 'internal',
  traceId: hexOf(span, 1),
  spanId: hexOf(span, 2),
  parentId: hexOf(span, 4),
  start: numberOf(span, 7),
  end: numberOf(span, 8),
  failed: messagesOf(span, 15).some((state) => numberOf(state, 3) === 2n),
  attributes: attributesOf(span, 9),
  links: messagesOf(span, 13).map((link) => hexOf(link, 1)),
})

function attributesOf(message: Message, field: number): Record<string, string | number> {
  return Object.fromEntries(
    messagesOf(message, field).map((attribute) => {
      const [value] = messagesOf(attribute, 2)
      if (value === undefined) return [textOf(attribute, 1), '']
      return [textOf(attribute, 1), value.has(1) ? textOf(value, 1) : Number(numberOf(value, 3))]
    }),
  )
}
