/** The page at /swagger/: what is there, what is not, and what a browser may do with it. */
import { afterAll, describe, expect, test } from 'bun:test'
import { startGateway } from './gateway.fixture.ts'

const gateway = await startGateway()
afterAll(() => gateway[Symbol.asyncDispose]())
const get = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  fetch(`${gateway.url}${path}`, { headers, redirect: 'manual', decompress: false } as RequestInit)

describe('the Swagger page', () => {
  test('is where its address leads, with or without the last slash', async () => {
    const bare = await get('/swagger')
    expect([bare.status, bare.headers.get('location')]).toEqual([302, '/swagger/'])
    const page = await get('/swagger/?service=cart')
    expect(page.status).toBe(200)
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    for (const prefix of ['api', 'cart-api', 'order-api', 'user-api']) {
      expect(await (await get('/swagger/')).text()).toContain(`"/${prefix}/openapi.json"`)
    }
  })

  test('has all that it names, each with its type', async () => {
    const page = await (await get('/swagger/')).text()
    const names = Array.from(page.matchAll(/(?:src|rel="\w+"[^>]*href)="([\w.-]+)"/g), (m) => m[1])
    expect(names.toSorted()).toEqual([
      'favicon-32x32.png',
      'page.css',
      'page.js',
      'readable.css',
      'swagger-ui-bundle.js',
      'swagger-ui.css',
    ])
    for (const name of names) {
      const file = await get(`/swagger/${name}`)
      expect([name, file.status]).toEqual([name, 200])
      expect(file.headers.get('content-type')).toMatch(/^(text\/(css|javascript); |image\/png$)/)
      expect((await file.bytes()).length).toBeGreaterThan(100)
    }
  })

  test('serves nothing else of its package, and only reading', async () => {
    for (const path of ['package.json', 'swagger-ui.css.map', 'page.js/', '%69ndex.html', 'x']) {
      expect([path, (await get(`/swagger/${path}`)).status]).toEqual([path, 404])
    }
    const posted = await fetch(`${gateway.url}/swagger/`, { method: 'POST' })
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  })

  test('lets a browser run and ask for what is its own alone', async () => {
    for (const path of ['/swagger/', '/swagger/page.js', '/swagger/swagger-ui.css']) {
      const { headers } = await get(path)
      const policy = headers.get('content-security-policy') ?? ''
      expect(policy).toStartWith("default-src 'none'; script-src 'self'; ")
      expect(policy).toContain("connect-src 'self'")
      expect(policy).not.toMatch(/unsafe-eval|https?:|\*/)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
    }
  })

  test('is compressed, and sent again only when it has changed', async () => {
    const plain = await get('/swagger/swagger-ui-bundle.js')
    const small = await get('/swagger/swagger-ui-bundle.js', { 'accept-encoding': 'gzip, br' })
    expect(small.headers.get('content-encoding')).toBe('br')
    expect((await small.bytes()).length).toBeLessThan((await plain.bytes()).length / 3)
    const again = await get('/swagger/swagger-ui-bundle.js', {
      'accept-encoding': 'gzip, br',
      'if-none-match': small.headers.get('etag') ?? '',
    })
    expect([again.status, await again.text()]).toEqual([304, ''])
  })
})
