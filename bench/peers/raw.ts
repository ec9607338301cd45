/** Nothing but `Bun.serve`: one handler for the page, one for a product, and a static route. */
import { content, port } from './content.ts'
import { detail, detailHeaders } from './queries.ts'

const body = Buffer.from(content.page.body, 'base64')
const { headers } = content.page

const read = ['x-request-id', 'traceparent', 'if-none-match', 'accept-encoding']
/** Kept, so that nothing of it is left out. */
export let seen: readonly (string | null)[] = []

const handlers: Readonly<Record<string, Partial<Bun.Serve.Options<undefined>>>> = {
  page: { fetch: () => new Response(body, { headers }) },
  // What the shop reads of each request: which page, which coding, whether it is known, whose trace.
  reading: {
    fetch({ url, method, headers: sent }) {
      seen = [url, method, ...read.map((name) => sent.get(name))]
      return new Response(body, { headers })
    },
  },
  static: { routes: { '/products/': new Response(body, { headers }) } },
  product: {
    fetch({ url }) {
      const found = detail(url.slice(-36))
      if (found === null) return new Response(null, { status: 404 })
      return new Response(JSON.stringify(found.value), {
        headers: { ...detailHeaders, etag: found.etag },
      })
    },
  },
}

Bun.serve({
  hostname: '127.0.0.1',
  port,
  development: false,
  fetch: () => new Response(null, { status: 404 }),
  ...handlers[process.argv[2] ?? ''],
} as Bun.Serve.Options<undefined>)
