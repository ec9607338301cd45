/** The service client over several copies: who is asked, what moves on, and what must not. */
import { createServer } from 'node:net'
import { afterEach, expect, test } from 'bun:test'
import { deadlineIn } from '../resilience/deadline.ts'
import { fakeCopy, until } from './copies.fixture.ts'
import { soleCopy, watchCopies, type Copies } from './copies.ts'
import { failureOf, log, request, tokens } from './service-client.fixture.ts'
import {
  createServiceClient,
  type ServiceClient,
  type ServiceClientOptions,
} from './service-client.ts'

const watched: Copies[] = []
afterEach(async () => {
  for (const copies of watched.splice(0)) await copies.stop()
})

/** Where nobody listens: it was just given back. */
async function closedAddress(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
}

/** A client over copies whose health is checked every 10 ms, once all were asked. */
async function over(
  addresses: readonly string[],
  options: Partial<ServiceClientOptions> = {},
): Promise<{ readonly client: ServiceClient; readonly copies: Copies }> {
  const copies = watchCopies({
    service: 'order',
    addresses,
    interval: 10,
    otherwise: 'any',
    log,
  })
  watched.push(copies)
  await copies.checked
  return { copies, client: createServiceClient({ copies, tokens, log, ...options }) }
}

test('are asked in turn', async () => {
  using a = fakeCopy(() => Response.json('ok'))
  using b = fakeCopy(() => Response.json('ok'))
  const { client } = await over([a.address, b.address])
  for (let call = 0; call < 10; call += 1)
    await client.call(request({ idempotent: call % 2 === 0 }))
  expect([a.calls, b.calls]).toEqual([5, 5])
})

test('a refused connection costs no call, and none is made twice', async () => {
  using alive = fakeCopy(() => Response.json('ok'))
  const dead = fakeCopy()
  const { client } = await over([dead.address, alive.address])
  dead[Symbol.dispose]()
  const calls = Array.from({ length: 20 }, () => client.call(request()))
  expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(Array(20).fill(200))
  expect(alive.calls).toBe(20)
})

test('a call that is not idempotent and may have been acted on is not made again', async () => {
  using a = fakeCopy(() => new Response(null, { status: 503 }))
  using b = fakeCopy(() => new Response(null, { status: 503 }))
  const { client } = await over([a.address, b.address])
  expect((await failureOf(client.call(request()))).sent).toBe('unknown')
  expect(a.calls + b.calls).toBe(1)
})

test('an idempotent call that failed at one copy is repeated at another', async () => {
  using broken = fakeCopy(() => new Response(null, { status: 503 }))
  using well = fakeCopy(() => Response.json('ok'))
  const { client } = await over([broken.address, well.address])
  for (let call = 0; call < 4; call += 1)
    expect((await client.call(request({ idempotent: true }))).status).toBe(200)
  expect(well.calls).toBe(4)
  expect(broken.calls).toBeGreaterThan(0)
})

test('an idempotent call leaves half of its time for another copy than one that is silent', async () => {
  using silent = fakeCopy(() => new Promise<Response>(() => {}))
  using well = fakeCopy(() => Response.json('ok'))
  const { client } = await over([silent.address, well.address])
  silent.health = 'hangs'
  const calls = Array.from({ length: 8 }, () =>
    client.call(request({ idempotent: true, deadline: deadlineIn(4_000) })),
  )
  expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(Array(8).fill(200))
  expect(well.calls).toBe(8)
  expect(silent.calls).toBe(4)
  // It did not answer the check that the failure caused, so nobody asks it now.
  await client.call(request())
  await client.call(request())
  expect(silent.calls).toBe(4)
}, 20_000)

test('a copy whose breaker is open does not keep anybody from the others', async () => {
  using broken = fakeCopy(() => new Response(null, { status: 500 }))
  using well = fakeCopy(() => Response.json('ok'))
  const bounds = { failuresToOpen: 2, probeAfter: 60_000 }
  const { client } = await over([broken.address, well.address], bounds)
  for (let call = 0; call < 4; call += 1) await client.call(request()).catch(() => {})
  expect(broken.calls).toBe(2)
  for (let call = 0; call < 10; call += 1) expect((await client.call(request())).status).toBe(200)
  expect([broken.calls, well.calls]).toEqual([2, 12])
})

test('an open breaker is tried again after its pause', async () => {
  using mended = fakeCopy(() => new Response(null, { status: 500 }))
  using well = fakeCopy(() => Response.json('ok'))
  const bounds = { failuresToOpen: 1, probeAfter: 0 }
  const { client } = await over([mended.address, well.address], bounds)
  for (let call = 0; call < 2; call += 1) await client.call(request()).catch(() => {})
  mended.answer = () => Response.json('ok')
  const before = mended.calls
  for (let call = 0; call < 4; call += 1) await client.call(request())
  expect(mended.calls - before).toBe(2)
})

test('a call that finds no place at one copy gets one at another', async () => {
  const gate = Promise.withResolvers<void>()
  const waiting = async () => {
    await gate.promise
    return Response.json('ok')
  }
  using slow = fakeCopy(waiting)
  using quick = fakeCopy(() => Response.json('ok'))
  const { client } = await over([slow.address, quick.address], { concurrency: 1, queue: 0 })
  // In turn: one of the two reaches the slow copy and stays there.
  const held = [client.call(request()), client.call(request())]
  await until('the slow copy is busy', () => slow.calls === 1)
  await Promise.race(held)
  for (let call = 0; call < 6; call += 1) expect((await client.call(request())).status).toBe(200)
  expect(slow.calls).toBe(1)
  gate.resolve()
  await Promise.all(held)
})

test('moving to another copy takes from the retry budget', async () => {
  using well = fakeCopy(() => Response.json('ok'))
  const dead = await closedAddress()
  const copies: Copies = {
    ...soleCopy('order', dead),
    // One that nobody ever finds out about: every first try goes to the closed port.
    pick: (tried = []) => [dead, well.address].find((each) => !tried.includes(each)) ?? null,
    hasOther: (tried) => !tried.includes(well.address),
  }
  const bounds = { concurrency: 2, failuresToOpen: 1e9 }
  const client = createServiceClient({ copies, tokens, log, ...bounds })
  let served = 0
  for (let call = 0; call < 40; call += 1)
    served += await client.call(request()).then(
      () => 1,
      () => 0,
    )
  // 2 saved up at the start and a tenth of 40 earned.
  expect(served).toBeGreaterThan(0)
  expect(served).toBeLessThanOrEqual(6)
})
