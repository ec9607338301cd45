/** Requests over the copies of a service: which get a second copy, and which must not. */
import { expect, test } from 'bun:test'
import { fakeCopy, until } from '../../core/clients/copies.fixture.ts'
import { rawService, startGateway } from './gateway.fixture.ts'

const products = '/api/products/'

test('a service that is not ready is never sent a request', async () => {
  using copy = fakeCopy()
  copy.health = 'draining'
  await using gateway = await startGateway({ catalog: [copy.address] })
  for (const method of ['GET', 'POST']) {
    const answer = await fetch(`${gateway.url}${products}`, { method })
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await answer.json()).toMatchObject({ code: 'service_unavailable' })
  }
  expect(copy.calls).toBe(0)
  copy.health = 'ready'
  await until('it is ready', () => gateway.catalog.pick() !== null)
  expect(await (await fetch(`${gateway.url}${products}`)).text()).toBe('served')
})

test('a service whose store is away still answers what it can', async () => {
  using a = fakeCopy(() => new Response('from memory', { headers: { 'x-cache': 'stale' } }))
  a.health = 'store unavailable'
  await using gateway = await startGateway({ catalog: [a.address] })
  const answer = await fetch(`${gateway.url}${products}`)
  expect([answer.status, answer.headers.get('x-cache')]).toEqual([200, 'stale'])
})

test('a copy whose port is closed costs no request, whatever its method', async () => {
  using alive = fakeCopy()
  const dead = fakeCopy()
  await using gateway = await startGateway({ catalog: [dead.address, alive.address] })
  for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
    // Until the next check has told, every second request meets the closed port.
    dead[Symbol.dispose]()
    const body = method === 'GET' || method === 'DELETE' ? null : '{}'
    const answers = await Promise.all(
      [1, 2, 3, 4].map(() => fetch(`${gateway.url}${products}`, { method, body })),
    )
    expect([method, answers.map(({ status }) => status)]).toEqual([method, [200, 200, 200, 200]])
  }
  expect(alive.calls).toBe(16)
})

test('a request that may have been acted on is not sent to a second copy', async () => {
  using cut = await rawService((socket) => socket.destroy())
  using other = await rawService((socket) => socket.destroy())
  await using gateway = await startGateway({ catalog: [cut.url, other.url] })
  const answer = await fetch(`${gateway.url}${products}`, { method: 'POST', body: '{}' })
  expect([answer.status, answer.headers.get('content-type')]).toEqual([
    502,
    'application/problem+json',
  ])
  expect(cut.received.length + other.received.length).toBe(1)
  const read = await fetch(`${gateway.url}${products}`)
  expect(read.status).toBe(502)
  // Bun itself repeats a GET on a kept connection that broke, so there may be more than one each.
  expect(Math.min(cut.received.length, other.received.length)).toBeGreaterThan(0)
})

test('reading moves on from a copy that hangs as soon as that is known; writing does not', async () => {
  using hanging = fakeCopy(() => new Promise<Response>(() => {}))
  using alive = fakeCopy()
  await using gateway = await startGateway({ catalog: [hanging.address, alive.address] })
  const write = async () => {
    const stop = new AbortController()
    const waiting = fetch(`${gateway.url}${products}`, {
      method: 'POST',
      body: '{}',
      signal: stop.signal,
    })
    return { waiting, stop }
  }
  const reads = [1, 2, 3, 4].map(() => fetch(`${gateway.url}${products}`))
  const writes = await Promise.all([write(), write()])
  await until('they wait', () => hanging.calls >= 2 && alive.calls >= 2)
  const held = hanging.calls
  hanging.health = 'hangs'
  const answers = await Promise.all(reads)
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
  expect(hanging.calls).toBe(held)
  // Each of the two writes reached one copy and no other.
  expect(hanging.calls + alive.calls).toBe(6 + 2)
  for (const { waiting, stop } of writes) {
    stop.abort()
    await waiting.catch(() => {})
  }
}, 20_000)
