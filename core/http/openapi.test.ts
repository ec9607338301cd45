/** The OpenAPI document: what is in it, what stays out, and that it is one. */
import { describe, expect, test } from 'bun:test'
import Type from 'typebox'
import { openApiDocument } from './openapi.ts'
import { route, tagged } from './route.ts'
import { closed, Message, prefilled, Uuid } from './schemas.ts'
import { legacy } from './validation.ts'

const handler = () => ({ message: '' })
const success = { status: 200, schema: Message }

const routes = [
  route({
    method: 'GET',
    path: '/things/',
    operation: 'get_things',
    access: 'public',
    summary: 'All things',
    query: Type.Object({
      category: Type.String(),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
    }),
    success,
    errors: ['price_range_inverted', 'category_required'],
    handler,
  }),
  route({
    method: 'POST',
    path: '/things/',
    operation: 'create_thing',
    access: 'admin',
    summary: 'Adds a thing',
    accepts: ['json', 'form'],
    body: closed({ name: Type.String(), total: legacy() }),
    success: { status: 201, schema: Message },
    errors: [],
    handler,
  }),
  route({
    method: 'DELETE',
    path: '/things/:id/parts/:part',
    operation: 'delete_part',
    access: 'user',
    summary: 'Removes a part',
    params: closed({ id: Uuid, part: Type.String() }),
    body: closed({ reason: Type.String() }),
    bodyOptional: true,
    success: { status: 204, schema: null },
    errors: ['order_not_found', 'not_found'],
    handler: () => null,
  }),
  route({
    method: 'GET',
    path: '/bare/:name',
    operation: 'get_bare',
    access: 'public',
    summary: 'States no schema of its path',
    success,
    errors: [],
    handler,
  }),
  ...tagged({ name: 'Extras', description: 'With all that a route can say' }, [
    route({
      method: 'PUT',
      path: '/extras',
      operation: 'put_extras',
      access: 'public',
      summary: 'Says all that it can',
      description: 'More of it.',
      headers: ['if-match', 'if-none-match', 'idempotency-key'],
      query: Type.Object({
        all: Type.Optional(Type.String({ description: 'Which', examples: ['yes'], ...prefilled })),
        some: Type.Optional(Type.String({ examples: ['no'] })),
      }),
      success: { status: 200, schema: Type.String(), type: 'text/event-stream', headers: ['link'] },
      errors: ['not_authenticated'],
      handler: () => '',
    }),
    route({
      method: 'GET',
      path: '/health',
      operation: 'get_health',
      access: 'public',
      summary: 'Health',
      neverShed: true,
      success,
      errors: [],
      handler,
    }),
    route({
      method: 'GET',
      path: '/metrics',
      operation: 'get_metrics',
      access: 'public',
      summary: 'Not routed from outside',
      undocumented: true,
      success,
      errors: [],
      handler,
    }),
  ]),
  route({
    method: 'POST',
    path: '/internal/one',
    operation: 'internal_one',
    access: 'service:cart',
    summary: 'Not for clients',
    success,
    errors: [],
    handler,
  }),
  route({
    method: 'POST',
    path: '/internal/two',
    operation: 'internal_two',
    access: ['service:cart', 'service:order'],
    summary: 'Not for clients',
    success,
    errors: [],
    handler,
  }),
]

interface Parameter {
  readonly name: string
  readonly in: string
  readonly required: boolean
  readonly schema: object
}
interface Operation {
  readonly operationId: string
  /** Absent where there is none. */
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly required: boolean; readonly content: Record<string, object> }
  readonly responses: Record<
    string,
    { description: string; headers?: object; content?: Record<string, object> }
  >
  readonly security: readonly object[]
}
interface Document {
  readonly openapi: string
  readonly info: object
  readonly servers: readonly object[]
  readonly paths: Record<string, Record<string, Operation>>
  readonly tags: readonly object[]
  readonly components: {
    readonly schemas: object
    readonly responses: Record<string, object>
    readonly securitySchemes: object
  }
}

const text = JSON.stringify(
  openApiDocument(routes, {
    title: 'Things',
    version: '1.0.0',
    description: 'For tests',
    server: '/api',
    tokenUrl: '/user-api/token',
  }),
)
const document = JSON.parse(text) as Document
const operation = (method: string, path: string): Operation => {
  const found = document.paths[path]?.[method]
  if (found === undefined) throw new Error(`${method} ${path} is not in the document.`)
  return found
}

describe('the document', () => {
  test('has what OpenAPI 3.1 demands', () => {
    expect(document.openapi).toBe('3.1.0')
    expect(document.info).toMatchObject({
      title: 'Things',
      version: '1.0.0',
      description: 'For tests',
    })
    expect(document.servers).toMatchObject([{ url: '/api' }])
    for (const [path, methods] of Object.entries(document.paths)) {
      expect(path).toStartWith('/')
      const places = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => name)
      for (const each of Object.values(methods)) {
        const { parameters = [] } = each
        const inPath = parameters.filter((parameter) => parameter.in === 'path')
        expect(inPath.map((parameter) => parameter.name)).toEqual(places as string[])
        expect(inPath.every((parameter) => parameter.required)).toBe(true)
        expect(parameters.every((parameter) => typeof parameter.schema === 'object')).toBe(true)
        for (const [status, response] of Object.entries(each.responses)) {
          expect(status).toMatch(/^[2-5]\d\d$/)
          expect(response.description).not.toBe('')
        }
      }
    }
    const ids = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map((each) => each.operationId),
    )
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('refers to nothing that it does not hold', () => {
    const targets = Array.from(
      text.matchAll(/"\$ref":"#\/components\/(\w+)\/([\w.-]+)"/g),
      ([, kind = '', name = '']) => ['components', kind, name],
    )
    expect(new Set(targets.map(([, kind]) => kind)).size).toBe(4)
    for (const target of targets) expect(document).toHaveProperty(target)
  })

  test('leaves out what is not routed from outside', () => {
    expect(Object.keys(document.paths)).toEqual([
      '/things/',
      '/things/{id}/parts/{part}',
      '/bare/{name}',
      '/extras',
      '/health',
    ])
    expect(text).not.toMatch(/internal_(one|two)/)
    expect(text).not.toContain('service:')
  })
})

describe('an operation', () => {
  test('keeps its company on one path', () => {
    expect(operation('get', '/things/').operationId).toBe('get_things')
    expect(operation('post', '/things/').operationId).toBe('create_thing')
  })

  test('lists its query, required where it is', () => {
    expect(operation('get', '/things/').parameters).toEqual([
      { name: 'category', in: 'query', required: true, schema: { type: 'string' } },
      {
        name: 'limit',
        in: 'query',
        required: false,
        schema: { format: 'int32', type: 'integer', minimum: 1, maximum: 100 },
      },
    ])
  })

  test('describes its body by each encoding, required unless it may be absent', () => {
    const body = operation('post', '/things/').requestBody
    expect(body?.required).toBe(true)
    expect(Object.keys(body?.content ?? {})).toEqual([
      'application/json',
      'application/x-www-form-urlencoded',
    ])
    expect(operation('delete', '/things/{id}/parts/{part}').requestBody?.required).toBe(false)
    expect(operation('get', '/things/').requestBody).toBeUndefined()
  })

  test('needs a token unless it is public', () => {
    expect(operation('get', '/things/').security).toEqual([])
    expect(operation('post', '/things/').security).toEqual([{ user: [] }])
    expect(document.components.securitySchemes).toHaveProperty('user')
  })

  test('takes a token where it has one although it is public', () => {
    expect(operation('put', '/extras').security).toEqual([{}, { user: [] }])
  })

  test('stands under the heading of its group', () => {
    const extras = { name: 'Extras', description: 'With all that a route can say' }
    expect(document.tags).toEqual([extras])
    expect(operation('get', '/health')).toHaveProperty('tags', ['Extras'])
    expect(operation('get', '/things/')).not.toHaveProperty('tags')
  })

  test('says for whom it is', () => {
    expect(operation('put', '/extras')).toHaveProperty('description', 'More of it.')
    expect(operation('post', '/things/')).toHaveProperty('description', 'For admins alone.')
    expect(operation('get', '/things/')).not.toHaveProperty('description')
  })

  test('has the headers that it reads, and those that its answers have because of them', () => {
    const { parameters = [], responses } = operation('put', '/extras')
    const headers = parameters.filter((each) => each.in === 'header')
    expect(headers.map(({ name }) => name)).toEqual([
      'If-Match',
      'If-None-Match',
      'Idempotency-Key',
    ])
    expect(Object.keys(responses['200']?.headers ?? {})).toEqual([
      'Link',
      'ETag',
      'Idempotency-Replayed',
    ])
    expect(responses['200']?.content).toHaveProperty(['text/event-stream'])
    expect(responses['304']?.headers).toHaveProperty('ETag')
    expect(operation('get', '/things/').responses).not.toHaveProperty('304')
  })

  test('fills in an optional parameter only where hardly anybody leaves it out', () => {
    const [all, some] = operation('put', '/extras').parameters ?? []
    expect(all).toMatchObject({ description: 'Which', required: false, example: 'yes' })
    expect(some).not.toHaveProperty('example')
  })

  test('shares the description of a failure with all that fail alike', () => {
    const missing = operation('get', '/things/').responses['403']
    expect<unknown>(missing).toEqual({ $ref: '#/components/responses/category_required' })
    expect(document.components.responses['category_required']).toMatchObject({
      description: 'Category is required (`category_required`)',
      content: {
        'application/problem+json': {
          schema: { $ref: '#/components/schemas/Problem' },
          examples: { category_required: { $ref: '#/components/examples/category_required' } },
        },
      },
    })
  })

  test('that tells health is unavailable in the shape of its success', () => {
    const { content = {} } = operation('get', '/health').responses['503'] ?? {}
    expect(Object.keys(content)).toEqual(['application/json', 'application/problem+json'])
  })

  test('has its success, without content where there is no body', () => {
    expect(operation('post', '/things/').responses).toHaveProperty('201')
    const removed = operation('delete', '/things/{id}/parts/{part}').responses['204']
    expect(removed?.description).not.toBe('')
    expect(removed).not.toHaveProperty('content')
  })

  test('lists the errors of its handler and those of the steps before', () => {
    const failures = (method: string, path: string) =>
      Object.keys(operation(method, path).responses).map(Number)
    expect(failures('get', '/things/')).toEqual(expect.arrayContaining([400, 403, 422, 500, 503]))
    expect(failures('post', '/things/')).toEqual(
      expect.arrayContaining([401, 403, 408, 413, 415, 422, 500, 503]),
    )
    // Nothing to read that could be wrong, nobody to be named.
    for (const status of [400, 401, 403, 404, 408, 413, 415]) {
      expect(failures('get', '/bare/{name}')).not.toContain(status)
    }
    const missing = JSON.stringify(
      operation('delete', '/things/{id}/parts/{part}').responses['404'],
    )
    for (const code of ['order_not_found', 'not_found'] as const) {
      expect(missing).toContain(code)
    }
  })
})
