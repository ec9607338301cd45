/** The same endpoints in Elysia, validation by its own schemas. */
import { Elysia, t } from 'elysia'
import { observe, userOf } from './checks.ts'
import { content, port } from './content.ts'
import { detail, detailHeaders, recentViews } from './queries.ts'

const pages = new Map([[content.query, Buffer.from(content.page.body, 'base64')]])

new Elysia()
  .derive(() => ({ started: performance.now() }))
  .onAfterHandle(({ request, route, set, started }) => {
    observe(request.method, route, Number(set.status ?? 200), started)
  })
  .get(
    '/products/',
    ({ request, status }) => {
      const { url } = request
      const body = pages.get(url.slice(url.indexOf('?') + 1))
      if (body === undefined) return status(404, null)
      return new Response(body, { headers: content.page.headers })
    },
    {
      query: t.Object({
        category: t.String(),
        skip: t.Optional(t.Integer({ minimum: 0 })),
        limit: t.Optional(t.Integer({ minimum: 1, maximum: 100 })),
        sort_by: t.Optional(t.Union([t.Literal('name'), t.Literal('price')])),
        sort_order: t.Optional(t.Union([t.Literal('asc'), t.Literal('desc')])),
      }),
    },
  )
  .get('/products/recent-views', ({ headers, status }) => {
    const user = userOf(headers['authorization'])
    return user === null ? status(401, null) : recentViews(user)
  })
  .get(
    '/products/:id',
    ({ params, set, status }) => {
      const found = detail(params.id)
      if (found === null) return status(404, null)
      Object.assign(set.headers, detailHeaders, { etag: found.etag })
      return found.value
    },
    { params: t.Object({ id: t.String({ format: 'uuid' }) }) },
  )
  .listen({ hostname: '127.0.0.1', port })
