/** Routes that every service has: its name, health, metrics and the description of its API. */
import Type, { type TSchema } from 'typebox'
import { openApiDocument, type OpenApiInfo } from '../http/openapi.ts'
import { jsonType, Reply } from '../http/reply.ts'
import { route, type Route } from '../http/route.ts'
import { Message } from '../http/schemas.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { ServiceName } from '../values/service-name.ts'
import type { Health } from './health.ts'

const Status = Type.Object({ status: Type.String(), reason: Type.Optional(Type.String()) })

export interface SystemRoutesOptions {
  readonly name: ServiceName
  readonly health: Health
  readonly metrics: Metrics
  /** The service's own routes, for the OpenAPI document. */
  readonly routes: readonly Route[]
  readonly info: OpenApiInfo
}

export function systemRoutes(options: SystemRoutesOptions): readonly Route[] {
  const { name, health, metrics } = options
  const document = new Reply(
    200,
    { 'content-type': jsonType },
    JSON.stringify(openApiDocument(options.routes, options.info)),
  )
  return [
    get('/', 'get_root', 'The name of the service', Message, () => ({
      message: `Product Store: ${name} service`,
    })),
    get(
      '/health',
      'get_health',
      'Contract of the earlier system',
      Type.Object({ status: Type.String(), service: Type.String() }),
      () => ({ status: 'ok', service: `${name}-service` }),
    ),
    get('/health/live', 'get_liveness', 'The process runs', Status, () => ({ status: 'ok' })),
    get('/health/ready', 'get_readiness', 'Requests may be sent here', Status, async () => {
      const reason = await health.notReady()
      return reason === null ? { status: 'ok' } : unavailable(reason)
    }),
    get('/health/startup', 'get_startup', 'The start is complete', Status, () =>
      health.isStarted() ? { status: 'ok' } : unavailable('starting'),
    ),
    route({
      method: 'GET',
      path: '/metrics',
      operation: 'get_metrics',
      access: 'public',
      summary: 'Metrics for Prometheus; not routed from outside',
      neverShed: true,
      success: { status: 200, schema: Type.String() },
      errors: [],
      handler: async function get_metrics(call) {
        const page = await metrics.page(call.header('accept'))
        return new Reply(200, { 'content-type': page.contentType }, page.text)
      },
    }),
    route({
      method: 'GET',
      path: '/openapi.json',
      operation: 'get_openapi',
      access: 'public',
      summary: 'This API as an OpenAPI 3.1 document',
      success: { status: 200, schema: Type.Unknown() },
      errors: [],
      handler: function get_openapi() {
        return document
      },
    }),
  ]
}

function get(
  path: `/${string}`,
  operation: string,
  summary: string,
  schema: TSchema,
  handler: () => unknown,
): Route {
  return route({
    method: 'GET',
    path,
    operation,
    access: 'public',
    summary,
    neverShed: true,
    success: { status: 200, schema },
    errors: [],
    handler,
  })
}

/** Not a problem document: probes read the status, people read the reason. */
const unavailable = (reason: string): Reply =>
  new Reply(
    503,
    { 'content-type': jsonType, 'retry-after': '1' },
    JSON.stringify({ status: 'unavailable', reason }),
  )
