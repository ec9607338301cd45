/** Which copies of a service are asked. */
import { expect, test } from 'bun:test'
import { log, startGateway, until } from './gateway.fixture.ts'
import { watchUpstreams } from './upstreams.ts'

interface FakeCopy extends Disposable {
  readonly address: string
  ready: boolean
  /** Keeps health checks waiting instead of answering them. */
  hangs: boolean
  calls: number
}

function fakeCopy(): FakeCopy {
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch(request) {
      if (new URL(request.url).pathname !== '/health/ready') {
        copy.calls++
        return new Response('served')
      }
      if (copy.hangs) return new Promise<Response>(() => {})
      return new Response('', { status: copy.ready ? 200 : 503 })
    },
  })
  const copy: FakeCopy = {
    address: `http://127.0.0.1:${server.port}`,
    ready: true,
    hangs: false,
    calls: 0,
    [Symbol.dispose]: () => void server.stop(true),
  }
  return copy
}

const watch = (copies: readonly FakeCopy[]) =>
  watchUpstreams({
    service: 'catalog',
    addresses: copies.map(({ address }) => address),
    interval: 10,
    log,
  })

test('ready copies are asked in turn', async () => {
  using a = fakeCopy()
  using b = fakeCopy()
  using c = fakeCopy()
  const upstreams = watch([a, b, c])
  await upstreams.checked
  const picks = Array.from({ length: 6 }, () => upstreams.pick())
  expect(new Set(picks.slice(0, 3))).toEqual(new Set([a.address, b.address, c.address]))
  expect(picks.slice(3)).toEqual(picks.slice(0, 3))
  await upstreams.stop()
})

test('a copy that drains gets nothing until it is ready again', async () => {
  using a = fakeCopy()
  using b = fakeCopy()
  const upstreams = watch([a, b])
  await upstreams.checked
  a.ready = false
  await until('it is known', () => upstreams.pick() === b.address && upstreams.pick() === b.address)
  b.ready = false
  await until('both are known', () => upstreams.pick() === null)
  a.ready = true
  await until('it is back', () => upstreams.pick() === a.address)
  await upstreams.stop()
})

test('a copy that refused a connection is out at once, one to avoid only when there is another', async () => {
  using a = fakeCopy()
  using b = fakeCopy()
  const upstreams = watch([a, b])
  await upstreams.checked
  for (let call = 0; call < 4; call++) expect(upstreams.pick(a.address)).toBe(b.address)
  upstreams.refused(a.address)
  expect([upstreams.pick(), upstreams.pick()]).toEqual([b.address, b.address])
  expect(upstreams.pick(b.address)).toBe(b.address)
  await upstreams.stop()
})

test('a copy that hangs is out after its second late answer', async () => {
  using copy = fakeCopy()
  const upstreams = watch([copy])
  await upstreams.checked
  copy.hangs = true
  await until('it is known', () => upstreams.pick() === null)
  copy.hangs = false
  await until('it is back', () => upstreams.pick() === copy.address)
  await upstreams.stop()
})

test('a service that is not ready is never sent a request', async () => {
  using copy = fakeCopy()
  copy.ready = false
  await using gateway = await startGateway({ catalog: [copy.address] })
  for (const method of ['GET', 'POST']) {
    const answer = await fetch(`${gateway.url}/api/products/`, { method })
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await answer.json()).toMatchObject({ code: 'service_unavailable' })
  }
  expect(copy.calls).toBe(0)
  copy.ready = true
  await until('it is ready', () => gateway.catalog.pick() !== null)
  expect(await (await fetch(`${gateway.url}/api/products/`)).text()).toBe('served')
})
