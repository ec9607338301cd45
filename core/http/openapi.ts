/** The OpenAPI 3.1 document of a service, made from its route table. */
import Type, { type TSchema } from 'typebox'
import { errors, type ErrorCode } from './errors.ts'
import { jsonType, problemType } from './reply.ts'
import type { Access, BodyEncoding, Route } from './route.ts'
import { shapeOf } from './shape.ts'

export interface OpenApiInfo {
  readonly title: string
  readonly version: string
  readonly description: string
  /** Where clients reach the service: the gateway's prefix. */
  readonly server: string
  /** Where the password flow gets its token. */
  readonly tokenUrl: string
}

const problemSchema = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  instance: Type.String(),
  code: Type.String(),
  trace_id: Type.String(),
})

const mediaTypes: Readonly<Record<BodyEncoding, string>> = {
  json: jsonType,
  form: 'application/x-www-form-urlencoded',
}

/** Describes every route that clients may call; what is internal stays out. */
export function openApiDocument(routes: readonly Route[], info: OpenApiInfo): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const route of routes) {
    if (isInternal(route)) continue
    const path = route.path.replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) }
  }
  return {
    openapi: '3.1.0',
    info: { title: info.title, version: info.version, description: info.description },
    servers: [{ url: info.server }],
    paths,
    components: {
      schemas: { Problem: problemSchema },
      securitySchemes: {
        user: { type: 'oauth2', flows: { password: { tokenUrl: info.tokenUrl, scopes: {} } } },
      },
    },
  }
}

/** Internal routes are for services alone. */
const isInternal = (route: Route): boolean => isServiceAccess(route.access)

const isServiceAccess = (access: Access): boolean =>
  typeof access !== 'string' || access.startsWith('service:')

function operationOf(route: Route): object {
  return {
    operationId: route.operation,
    summary: route.summary,
    parameters: [...pathParametersOf(route), ...queryParametersOf(route.query)],
    ...(route.body !== undefined && {
      requestBody: {
        required: route.bodyOptional !== true,
        content: Object.fromEntries(
          (route.accepts ?? ['json']).map((each) => [mediaTypes[each], { schema: route.body }]),
        ),
      },
    }),
    responses: responsesOf(route),
    security: route.access === 'public' ? [] : [{ user: [] }],
  }
}

/** Every place of the template, as the format demands; text where the route states no schema. */
function pathParametersOf(route: Route): readonly object[] {
  const schemas = new Map(propertiesOf(route.params))
  return Array.from(route.path.matchAll(/:(\w+)/g), ([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: schemas.get(name) ?? Type.String(),
  }))
}

function queryParametersOf(schema: TSchema | undefined): readonly object[] {
  const required = new Set((schema as { required?: readonly string[] } | undefined)?.required)
  return propertiesOf(schema).map(([name, property]) => ({
    name,
    in: 'query',
    required: required.has(name),
    schema: property,
  }))
}

function propertiesOf(schema: TSchema | undefined): readonly (readonly [string, TSchema])[] {
  const shape = schema === undefined ? null : shapeOf(schema)
  return shape?.kind === 'object' ? shape.properties : []
}

function responsesOf(route: Route): object {
  const { status, schema } = route.success
  const success = {
    description: 'Success',
    ...(schema !== null && { content: { [jsonType]: { schema } } }),
  }
  const byStatus = new Map<number, string[]>()
  for (const code of allErrorsOf(route)) {
    const row = errors[code]
    byStatus.set(row.status, [...(byStatus.get(row.status) ?? []), `${row.title} (\`${code}\`)`])
  }
  const failures = [...byStatus].map(([failed, titles]) => [
    failed,
    {
      description: titles.join('; '),
      content: { [problemType]: { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  ])
  return { [status]: success, ...Object.fromEntries(failures) }
}

/** The handler's own errors and those that the pipeline adds for it. */
function allErrorsOf(route: Route): ReadonlySet<ErrorCode> {
  const codes = new Set<ErrorCode>(route.errors)
  if (route.access !== 'public') codes.add('not_authenticated')
  if (route.access === 'admin') codes.add('forbidden')
  if (route.params ?? route.query ?? route.body) codes.add('validation_failed')
  if (route.body !== undefined)
    codes.add('body_timeout').add('payload_too_large').add('unsupported_media_type')
  return codes.add('internal_error').add('overloaded')
}
