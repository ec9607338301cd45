/** The same endpoints in Hono, validation by TypeBox compiled at boot as Hono has none of its own. */
import { Hono } from 'hono'
import { routePath } from 'hono/route'
import { validator } from 'hono/validator'
import Type, { type TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { observe, userOf } from './checks.ts'
import { content, port } from './content.ts'
import { detail, detailHeaders, recentViews } from './queries.ts'

const pages = new Map([[content.query, Buffer.from(content.page.body, 'base64')]])

const numbers = new Set(['skip', 'limit'])

/** Query values and path parameters against a schema; numbers are text until then. */
function checked<T extends 'query' | 'param'>(target: T, schema: TSchema) {
  const compiled = Compile(schema)
  return validator(target, (value, context) => {
    const typed = Object.fromEntries(
      Object.entries(value).map(([name, text]) => [name, numbers.has(name) ? Number(text) : text]),
    )
    return compiled.Check(typed) ? typed : context.text('Unprocessable', 422)
  })
}

const app = new Hono()

app.use(async (context, next) => {
  const started = performance.now()
  await next()
  observe(context.req.method, routePath(context, -1), context.res.status, started)
})

app.get(
  '/products/',
  checked(
    'query',
    Type.Object({
      category: Type.String(),
      skip: Type.Optional(Type.Integer({ minimum: 0 })),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
      sort_by: Type.Optional(Type.Union([Type.Literal('name'), Type.Literal('price')])),
      sort_order: Type.Optional(Type.Union([Type.Literal('asc'), Type.Literal('desc')])),
    }),
  ),
  ({ req, notFound }) => {
    const body = pages.get(req.url.slice(req.url.indexOf('?') + 1))
    return body === undefined ? notFound() : new Response(body, { headers: content.page.headers })
  },
)

app.get('/products/recent-views', (context) => {
  const user = userOf(context.req.header('authorization'))
  return user === null ? context.text('Unauthorized', 401) : context.json(recentViews(user))
})

app.get(
  '/products/:id',
  checked('param', Type.Object({ id: Type.String({ format: 'uuid' }) })),
  (context) => {
    const found = detail(context.req.param('id'))
    if (found === null) return context.notFound()
    return context.json(found.value, 200, { ...detailHeaders, etag: found.etag })
  },
)

Bun.serve({ hostname: '127.0.0.1', port, development: false, fetch: app.fetch })
