/** Routes that every service has: its name, health, metrics and the description of its API. */
import Type, { type TSchema } from 'typebox'
import { openApiDocument, type OpenApiInfo } from '../http/openapi.ts'
import { jsonType, Reply } from '../http/reply.ts'
import { route, tagged, type Route } from '../http/route.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { ServiceName } from '../values/service-name.ts'
import type { Health } from './health.ts'

const Name = Type.Object({ message: Type.String({ examples: ['Product Store: catalog service'] }) })

const Summary = Type.Object({
  status: Type.String({ examples: ['ok'] }),
  service: Type.String({ examples: ['catalog-service'] }),
})

const Status = Type.Object(
  {
    status: Type.Union([Type.Literal('ok'), Type.Literal('unavailable')], { examples: ['ok'] }),
    reason: Type.Optional(Type.String({ examples: ['starting'] })),
  },
  { title: 'Status', examples: [{ status: 'ok' }] },
)

const OpenApi = Type.Unknown({
  description: 'A document in the format of the OpenAPI Initiative',
  examples: [{ openapi: '3.1.0' }],
})

/** The heading of what machines ask for; a service adds its own such routes. */
export const systemTag = {
  name: 'System',
  description: 'Health and description of the service, for machines',
}

export interface SystemRoutesOptions {
  readonly name: ServiceName
  readonly health: Health
  readonly metrics: Metrics
  /** The service's own routes, described beside these in the OpenAPI document. */
  readonly routes: readonly Route[]
  readonly info: OpenApiInfo
}

export function systemRoutes(options: SystemRoutesOptions): readonly Route[] {
  const { name, health, metrics } = options
  const routes = tagged(systemTag, [
    get('/', 'get_root', 'The name of the service', Name, () => ({
      message: `Product Store: ${name} service`,
    })),
    get(
      '/health',
      'get_health',
      'The process runs, in the words of the earlier system',
      Summary,
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
      undocumented: true,
      inside: true,
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
      success: { status: 200, schema: OpenApi },
      errors: [],
      handler: function get_openapi() {
        return document
      },
    }),
  ])
  const document = new Reply(
    200,
    { 'content-type': jsonType },
    JSON.stringify(openApiDocument([...options.routes, ...routes], options.info)),
  )
  return routes
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
