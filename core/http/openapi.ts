/** The OpenAPI 3.1 document of a service, made from its route table. */
import Type, { type TSchema } from 'typebox'
import type { ErrorCode } from './errors.ts'
import { createComponents, prefillMark, type Components } from './openapi-components.ts'
import {
  headerParameter,
  replyHeader,
  type ReplyHeader,
  type RequestHeader,
} from './openapi-headers.ts'
import { exampleOf, ProblemSchema } from './openapi-problems.ts'
import { errors } from './errors.ts'
import { jsonType, problemType } from './reply.ts'
import { isInternal, type BodyEncoding, type Route, type Tag } from './route.ts'
import { shapeOf } from './shape.ts'

export interface OpenApiInfo {
  readonly title: string
  readonly version: string
  /** Markdown. */
  readonly description: string
  /** Where clients reach the service: the gateway's prefix. */
  readonly server: string
  /** Where the password flow gets its token. */
  readonly tokenUrl: string
}

const mediaTypes: Readonly<Record<BodyEncoding, string>> = {
  json: jsonType,
  form: 'application/x-www-form-urlencoded',
}

/** What the parts of a document share while it is made. */
interface Draft {
  readonly components: Components
  /** By the codes that they stand for. */
  readonly responses: Record<string, object>
  readonly headers: Record<string, object>
  readonly examples: Record<string, object>
}

/**
 * Describes every route that clients may call; what is internal stays out.
 *
 * @throws where two different schemas have one title
 */
export function openApiDocument(routes: readonly Route[], info: OpenApiInfo): object {
  const draft: Draft = { components: createComponents(), responses: {}, headers: {}, examples: {} }
  const paths: Record<string, Record<string, object>> = {}
  const tags = new Map<string, Tag>()
  for (const route of routes) {
    if (route.undocumented === true || isInternal(route)) continue
    const path = route.path.replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route, draft) }
    if (route.tag === undefined) continue
    // In the order of their last routes, so that what every service has comes last.
    tags.delete(route.tag.name)
    tags.set(route.tag.name, route.tag)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: info.title,
      version: info.version,
      description: info.description,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: info.server, description: 'Through the gateway' }],
    tags: [...tags.values()],
    paths,
    components: {
      schemas: draft.components.schemas,
      responses: draft.responses,
      headers: draft.headers,
      examples: draft.examples,
      securitySchemes: {
        user: {
          type: 'oauth2',
          description:
            'Signing in with user name and password. The demo profile has the accounts user1/user123, testuser/test123 and admin/admin123.',
          flows: { password: { tokenUrl: info.tokenUrl, refreshUrl: info.tokenUrl, scopes: {} } },
        },
      },
    },
  }
}

function operationOf(route: Route, draft: Draft): object {
  const { components } = draft
  const parameters = [
    ...pathParametersOf(route, components),
    ...queryParametersOf(route.query, components),
    ...(route.headers ?? []).map((header) => headerParameter(header, components)),
  ]
  const description = descriptionOf(route)
  return {
    operationId: route.operation,
    ...(route.tag !== undefined && { tags: [route.tag.name] }),
    summary: route.summary,
    ...(description !== '' && { description }),
    ...(parameters.length > 0 && { parameters }),
    ...(route.body !== undefined && {
      requestBody: {
        required: route.bodyOptional !== true,
        content: contentOf((route.accepts ?? ['json']).map(mediaTypeOf), route.body, components),
      },
    }),
    responses: responsesOf(route, draft),
    security: securityOf(route),
  }
}

const mediaTypeOf = (encoding: BodyEncoding): string => mediaTypes[encoding]

const descriptionOf = ({ description = '', access }: Route): string =>
  access === 'admin' ? `${description}\n\nFor admins alone.`.trim() : description

/** A public route that can answer `not_authenticated` takes a token where the client has one. */
function securityOf({ access, errors: codes }: Route): readonly object[] {
  if (access !== 'public') return [{ user: [] }]
  return codes.includes('not_authenticated') ? [{}, { user: [] }] : []
}

/** Every place of the template, as the format demands; text where the route states no schema. */
function pathParametersOf(route: Route, components: Components): readonly object[] {
  const schemas = new Map(propertiesOf(route.params))
  return Array.from(route.path.matchAll(/:(\w+)/g), ([, name = '']) =>
    parameterOf(name, 'path', true, schemas.get(name) ?? Type.String(), components),
  )
}

function queryParametersOf(schema: TSchema | undefined, components: Components): readonly object[] {
  const required = new Set((schema as { required?: readonly string[] } | undefined)?.required)
  return propertiesOf(schema).map(([name, property]) =>
    parameterOf(name, 'query', required.has(name), property, components),
  )
}

/** Tools fill `example` in and send it, so an optional parameter has one only where it is marked so. */
function parameterOf(
  name: string,
  place: 'path' | 'query',
  required: boolean,
  schema: TSchema,
  components: Components,
): object {
  // Of a schema's keywords, those that belong to the parameter; the rest describes its value.
  const { description, ...value } = schema as TSchema & { description?: string }
  const { examples } = value as { examples?: readonly unknown[] }
  const filled = required || prefillMark in schema
  return {
    name,
    in: place,
    required,
    ...(description !== undefined && { description }),
    schema: components.refer(value),
    ...(filled && examples !== undefined && { example: examples[0] }),
  }
}

function propertiesOf(schema: TSchema | undefined): readonly (readonly [string, TSchema])[] {
  const shape = schema === undefined ? null : shapeOf(schema)
  return shape?.kind === 'object' ? shape.properties : []
}

function contentOf(types: readonly string[], schema: TSchema, components: Components): object {
  const media = { schema: components.refer(schema) }
  return Object.fromEntries(types.map((type) => [type, media]))
}

const successTexts: Readonly<Record<number, string>> = {
  200: 'Done',
  201: 'Created',
  204: 'Done; there is nothing to say',
}

function responsesOf(route: Route, draft: Draft): Record<number, object> {
  const { status, schema, type = jsonType, headers = [] } = route.success
  const asked = new Set(route.headers)
  const responses: Record<number, object> = {
    [status]: {
      description: successTexts[status] ?? 'Done',
      ...headersOf([...headers, ...followingFrom(asked)], draft),
      ...(schema !== null && { content: contentOf([type], schema, draft.components) }),
    },
  }
  if (asked.has('if-none-match')) {
    responses[304] = {
      description: 'The client has the current state already',
      ...headersOf(['etag'], draft),
    }
  }
  const codes = [...allErrorsOf(route)].sort()
  const byStatus = Map.groupBy(codes, (code) => errors[code].status)
  for (const [failed, each] of byStatus) responses[failed] = failureOf(each, failed, route, draft)
  return responses
}

/** Headers that an answer has because the request may have another. */
const followingFrom = (asked: ReadonlySet<RequestHeader>): readonly ReplyHeader[] => [
  ...(asked.has('if-none-match') || asked.has('if-match') ? (['etag'] as const) : []),
  ...(asked.has('idempotency-key') ? (['idempotency-replayed'] as const) : []),
]

const failureHeaders: Readonly<Record<number, readonly ReplyHeader[]>> = {
  401: ['www-authenticate'],
  429: ['retry-after', 'rate-limit'],
  503: ['retry-after'],
}

/** Most failures are those of many operations, so each set of codes stands in one place. */
function failureOf(
  codes: readonly ErrorCode[],
  status: number,
  route: Route,
  draft: Draft,
): object {
  for (const code of codes) draft.examples[code] ??= exampleOf(code, route.path)
  const examples = codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])
  const problems = {
    schema: draft.components.refer(ProblemSchema),
    examples: Object.fromEntries(examples) as object,
  }
  const response = (content: object): object => ({
    description: codes.map((code) => `${errors[code].title} (\`${code}\`)`).join('; '),
    ...headersOf(failureHeaders[status] ?? [], draft),
    content,
  })
  if (status === 503 && route.neverShed === true && route.success.schema !== null) {
    // Who asks for health reads the status; the service itself answers in the shape of its success.
    const own = contentOf([jsonType], route.success.schema, draft.components)
    return response({ ...own, [problemType]: problems })
  }
  const name = codes.join('.')
  draft.responses[name] ??= response({ [problemType]: problems })
  return { $ref: `#/components/responses/${name}` }
}

function headersOf(
  names: readonly ReplyHeader[],
  draft: Pick<Draft, 'headers' | 'components'>,
): { headers?: object } {
  if (names.length === 0) return {}
  const referred: Record<string, object> = {}
  for (const each of new Set(names)) {
    const { name, description, schema } = replyHeader(each)
    draft.headers[name] ??= { description, schema: draft.components.refer(schema) }
    referred[name] = { $ref: `#/components/headers/${name}` }
  }
  return { headers: referred }
}

/** The handler's own errors, those of the steps before it, and those of the gateway. */
function allErrorsOf(route: Route): ReadonlySet<ErrorCode> {
  const codes = new Set<ErrorCode>(route.errors)
  if (route.access !== 'public') codes.add('not_authenticated')
  if (route.method !== 'GET') codes.add('precondition_unsupported')
  if (route.access === 'admin') codes.add('forbidden')
  if (route.params !== undefined) codes.add('bad_request')
  if (route.params ?? route.query ?? route.body ?? route.headers) codes.add('validation_failed')
  if (route.body !== undefined)
    codes.add('body_timeout').add('payload_too_large').add('unsupported_media_type')
  return codes
    .add('uri_too_long')
    .add('rate_limited')
    .add('internal_error')
    .add('bad_gateway')
    .add('overloaded')
    .add('service_unavailable')
    .add('gateway_timeout')
}
