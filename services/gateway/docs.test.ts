/** The documentation as the gateway shows it, built and not yet built. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'bun:test'
import { temporaryFolder } from '../../core/files/temporary-folder.fixture.ts'
import { startGateway } from './gateway.fixture.ts'

const docs = join(temporaryFolder('docs'), 'dist')
const gateway = await startGateway({ docs })
afterAll(() => gateway[Symbol.asyncDispose]())
beforeEach(() => rmSync(docs, { recursive: true, force: true }))

const get = (path: string): Promise<Response> => fetch(`${gateway.url}/docs/${path}`)

function build(): void {
  mkdirSync(join(docs, 'assets'), { recursive: true })
  mkdirSync(join(docs, 'ru'))
  writeFileSync(join(docs, 'index.html'), 'start page')
  writeFileSync(join(docs, 'errors.html'), 'errors page')
  writeFileSync(join(docs, 'ru/index.html'), 'по-русски')
  writeFileSync(join(docs, 'assets/app.4f3d2f2b.js'), 'code')
  writeFileSync(join(docs, '.made-of'), 'hash')
}

describe('a built site', () => {
  beforeEach(build)

  test.each([
    ['', 'start page'],
    ['errors', 'errors page'],
    ['errors.html', 'errors page'],
    ['ru/', 'по-русски'],
  ])('shows its page at /docs/%s', async (path, text) => {
    const answer = await get(path)
    expect([answer.status, await answer.text()]).toEqual([200, text])
    expect(answer.headers.get('cache-control')).toBe('no-cache')
  })
  test('has files that may be kept, since a change gives them another name', async () => {
    const answer = await get('assets/app.4f3d2f2b.js')
    expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(answer.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  })
  test('allows scripts of its own address and none inside of a page', async () => {
    const policy = (await get('')).headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'self'")
    expect(policy).not.toContain('script-src')
  })
  test.each(['none', '.made-of', 'none/', 'index.html/'])('has nothing at %s', async (path) => {
    expect((await get(path)).status).toBe(404)
  })
})

describe('a site that is not built yet', () => {
  test('says so, and looks again by itself', async () => {
    const answer = await get('')
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
    const text = await answer.text()
    expect(text).toContain('is not built yet')
    expect(text).toContain('http-equiv="refresh"')
  })
  test('names only pages that can be read', async () => {
    const links = Array.from((await (await get('')).text()).matchAll(/href="\/docs\/([^"]+)"/g))
    expect(links).not.toBeEmpty()
    for (const [, path = ''] of links) expect([path, (await get(path)).status]).toEqual([path, 200])
  })
  test.each(['errors', 'errors.md', 'runbooks/service-down'])('has /docs/%s', async (path) => {
    const answer = await get(path)
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(await answer.text()).toStartWith('# ')
  })
  test('is shown as soon as it is there', async () => {
    expect(await (await get('errors')).text()).toStartWith('# Errors')
    build()
    expect(await (await get('errors')).text()).toBe('errors page')
  })
})
