/** Digests are those of the bytes that a registry gives; nothing else is ever written. */
import { createHash } from 'node:crypto'
import { afterAll, describe, expect, test } from 'bun:test'
import { withDigest } from '../../infra/images.ts'
import { digestOf, digestsOf, placeOf } from './digests.ts'

const manifest = '{"schemaVersion":2,"manifests":[]}'
const digest = `sha256:${createHash('sha256').update(manifest).digest('hex')}`

/** As the specification has it: a token first, for the scope that the refusal names. */
const registry = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  fetch(request) {
    const { pathname, searchParams, origin } = new URL(request.url)
    if (pathname === '/token') {
      const scope = searchParams.get('scope')
      return Response.json({ token: scope === 'repository:shop/base:pull' ? 'public' : 'none' })
    }
    if (request.headers.get('authorization') !== 'Bearer public') {
      const challenge = `Bearer realm="${origin}/token",service="r",scope="repository:shop/base:pull"`
      return new Response('', { status: 401, headers: { 'www-authenticate': challenge } })
    }
    if (pathname === '/v2/shop/base/manifests/1.0') {
      return new Response(manifest, { headers: { 'docker-content-digest': digest } })
    }
    if (pathname === '/v2/shop/base/manifests/forged') {
      return new Response(`${manifest} `, { headers: { 'docker-content-digest': digest } })
    }
    return new Response('', { status: 404 })
  },
})
afterAll(() => registry.stop(true))
const at = (tag: string): string => `127.0.0.1:${registry.port}/shop/base:${tag}`

describe('the digest of an image', () => {
  test('is that of the manifest that its tag means', async () => {
    expect(await digestOf(at('1.0'))).toBe(digest)
    expect(await digestsOf([at('1.0')])).toEqual({ [at('1.0')]: digest })
  })
  test('is refused where the bytes are others', () => {
    expect(digestOf(at('forged'))).rejects.toThrow('of other bytes')
  })
  test('is none where a registry does not know the image, or does not answer', async () => {
    expect(digestsOf([at('1.0'), at('2.0')])).rejects.toThrow(
      `The registry gave no digest of ${at('2.0')}: it answered 404.`,
    )
    expect(digestOf('127.0.0.1:1/shop/base:1.0')).rejects.toThrow('gave no digest')
  })
  test('is asked for where the image lies', () => {
    expect(placeOf('nginx:1.28')).toEqual({
      origin: 'https://registry-1.docker.io',
      repository: 'library/nginx',
      tag: '1.28',
    })
    expect(placeOf('prom/prometheus:v2').repository).toBe('prom/prometheus')
    expect(placeOf('ghcr.io/a/b:1')).toEqual({
      origin: 'https://ghcr.io',
      repository: 'a/b',
      tag: '1',
    })
  })
  test('is written behind the tag, where it is known', () => {
    expect(withDigest('a:1', { 'a:1': digest })).toBe(`a:1@${digest}`)
    expect(withDigest('b:1', { 'a:1': digest })).toBe('b:1')
  })
})
