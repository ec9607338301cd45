/** Own pages and files over HTTP. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { until } from '../../core/clients/copies.fixture.ts'
import { rawClient, startGateway, type TestGateway } from './gateway.fixture.ts'

const root = mkdtempSync(join(tmpdir(), 'gateway-files-'))
const docs = join(root, 'docs')
const profiles = join(root, 'profiles')
const large = 'x'.repeat(3_000_000)

let gateway: TestGateway
beforeAll(async () => {
  for (const folder of [docs, profiles, join(profiles, 'deep'), join(profiles, '.hidden')]) {
    mkdirSync(folder)
  }
  writeFileSync(join(root, 'secret.txt'), 'secret')
  writeFileSync(join(docs, 'index.html'), '<h1>Docs</h1>')
  writeFileSync(join(profiles, 'a & b.cpuprofile'), '{}')
  writeFileSync(join(profiles, 'graph.html'), '<h1>Graph</h1>')
  writeFileSync(join(profiles, 'raw'), 'bytes')
  writeFileSync(join(profiles, '.env'), 'secret')
  writeFileSync(join(profiles, '.hidden', 'x.txt'), 'secret')
  writeFileSync(join(profiles, 'deep', 'x.txt'), 'deep')
  writeFileSync(join(profiles, 'large.txt'), large)
  symlinkSync(join(root, 'secret.txt'), join(profiles, 'link.txt'))
  symlinkSync(root, join(profiles, 'out'))
  symlinkSync(join(profiles, 'raw'), join(profiles, 'inner.txt'))
  gateway = await startGateway({ docs, profiles })
})
afterAll(async () => {
  await gateway[Symbol.asyncDispose]()
  rmSync(root, { recursive: true })
})

const get = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  fetch(`${gateway.url}${path}`, { headers, redirect: 'manual' })

describe('the start page', () => {
  test('is where the root leads', async () => {
    for (const [path, target] of [
      ['/', '/docs/'],
      ['/docs', '/docs/'],
      ['/profiles', '/profiles/'],
    ] as const) {
      const answer = await get(path)
      expect([answer.status, answer.headers.get('location')]).toEqual([302, target])
    }
    const page = await get('/docs/')
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(await page.text()).toBe('<h1>Docs</h1>')
  })
})

describe('profiles', () => {
  test('of no service are listed by their names, safe to show', async () => {
    const page = await (await get('/profiles/')).text()
    expect(page).toContain('No profile has been taken yet.')
    expect(page).toContain('<a href="a%20%26%20b.cpuprofile">a &amp; b.cpuprofile</a>')
    expect(page).not.toContain('.env')
  })
  test('come with the right type and may not be taken for another', async () => {
    const types = {
      'a%20%26%20b.cpuprofile': 'application/json',
      'graph.html': 'text/html; charset=utf-8',
      'deep/x.txt': 'text/plain; charset=utf-8',
      'inner.txt': 'text/plain; charset=utf-8',
      raw: 'application/octet-stream',
    }
    for (const [name, type] of Object.entries(types)) {
      const answer = await get(`/profiles/${name}`)
      expect([name, answer.status, answer.headers.get('content-type')]).toEqual([name, 200, type])
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
      expect(answer.headers.get('content-security-policy')).toStartWith('sandbox allow-scripts')
    }
  })
  test('of any size arrive whole', async () => {
    expect(await (await get('/profiles/large.txt')).text()).toBe(large)
  })
  test('that are known are not sent again', async () => {
    const etag = (await get('/profiles/raw')).headers.get('etag') ?? ''
    const again = await get('/profiles/raw', { 'if-none-match': etag })
    expect([again.status, await again.text()]).toEqual([304, ''])
    expect((await get('/profiles/raw', { 'if-none-match': 'W/"other"' })).status).toBe(200)
  })
})

test('nothing outside of the folder and nothing hidden can be read', async () => {
  const targets = [
    '/profiles/../secret.txt',
    '/profiles/..%2fsecret.txt',
    '/profiles/%2e%2e/secret.txt',
    '/profiles/..%5csecret.txt',
    '/profiles/....//secret.txt',
    '/profiles//secret.txt',
    '/profiles/.env',
    '/profiles/%2eenv',
    '/profiles/.hidden/x.txt',
    '/profiles/link.txt',
    '/profiles/out/secret.txt',
    '/profiles/deep',
    '/profiles/deep/',
    '/profiles/none',
    '/profiles/raw%00.txt',
    '/profiles/raw/',
    '/docs/../secret.txt',
    '/docs/constructor',
  ]
  for (const target of targets) {
    // Sent as it stands: a client library would resolve the dots.
    using client = rawClient(gateway.port, `GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`)
    await until('it is answered', () => client.text().includes('\r\n\r\n'))
    expect([target, /^HTTP\/1.1 (400|404) /.test(client.text())]).toEqual([target, true])
    expect(client.text()).not.toContain('secret.txt"\r\n')
  }
})

test('an unknown path is 404 as a problem document, and own pages are only read', async () => {
  for (const path of ['/nothing', '/docs/none', '/constructor/x', '/metrics', '/internal/orders']) {
    const answer = await get(path)
    expect([path, answer.status]).toEqual([path, 404])
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(await answer.json()).toMatchObject({ code: 'not_found', instance: path })
  }
  for (const path of ['/', '/docs/', '/profiles/', '/profiles/raw', '/health/live']) {
    const answer = await fetch(`${gateway.url}${path}`, { method: 'DELETE' })
    expect([path, answer.status, answer.headers.get('allow')]).toEqual([path, 405, 'GET, HEAD'])
  }
})

test('the gateway tells its own health', async () => {
  for (const path of ['/health', '/health/live', '/health/ready', '/health/startup']) {
    expect((await get(path)).status).toBe(200)
  }
})
