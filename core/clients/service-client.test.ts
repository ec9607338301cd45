/** The service client against real sockets: what is sent, what is retried, and what a failure means. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { createServer, type Server, type Socket } from 'node:net'
import { deadlineIn } from '../resilience/deadline.ts'
import { newTrace, parseTraceparent } from '../resilience/trace-context.ts'
import { soleCopy } from './copies.ts'
import { failureOf, log, request, tokens } from './service-client.fixture.ts'
import {
  createServiceClient,
  type ServiceClient,
  type ServiceClientOptions,
} from './service-client.ts'

let cleanups: (() => unknown)[] = []
beforeEach(() => {
  cleanups = []
})
afterEach(async () => {
  for (const cleanup of cleanups) await cleanup()
})

type Handler = (request: Request) => Response | Promise<Response>

function serve(fetch: Handler) {
  const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch })
  cleanups.push(() => server.stop(true))
  return `http://127.0.0.1:${server.port}`
}

/** A server below HTTP, for what a well-behaved one never does. */
async function serveSockets(accept: (socket: Socket) => void) {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    accept(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
  cleanups.push(close)
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { url: `http://127.0.0.1:${port}`, port, close }
}

const clientOf = (baseUrl: string, options: Partial<ServiceClientOptions> = {}): ServiceClient =>
  createServiceClient({ copies: soleCopy('order', baseUrl), tokens, log, ...options })

/** A port that nothing listens on: it was just given back. */
async function closedPort(): Promise<number> {
  const { port, close } = await serveSockets(() => {})
  await close()
  return port
}

const httpOk = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'

describe('a request', () => {
  test('carries token, remaining time, trace and JSON', async () => {
    const seen: { headers: Record<string, string>; body: unknown; url: string }[] = []
    const url = serve(async (inbound) => {
      seen.push({
        headers: Object.fromEntries(inbound.headers),
        body: await inbound.json(),
        url: inbound.url,
      })
      return Response.json({ id: 7 }, { headers: { 'x-extra': 'yes' } })
    })
    const trace = newTrace(true)
    const headers = { 'idempotency-key': 'k1' }
    const answer = await clientOf(url).call(request({ trace, headers }))
    expect(answer.status).toBe(200)
    expect(answer.json()).toEqual({ id: 7 })
    expect(answer.text).toBe('{"id":7}')
    expect(answer.header('X-Extra')).toBe('yes')
    const [received] = seen
    expect(received?.url).toBe(`${url}/internal/orders`)
    expect(received?.body).toEqual({ a: 1 })
    expect(received?.headers).toMatchObject({
      authorization: 'Bearer token-for-order',
      'content-type': 'application/json',
      'idempotency-key': 'k1',
    })
    expect(parseTraceparent(received?.headers.traceparent ?? null)).toEqual(trace)
    expect(received?.headers['x-request-deadline']).toMatch(/^\d{1,4}$/)
    expect(Number(received?.headers['x-request-deadline'])).toBeLessThanOrEqual(5000)
  })

  test('without a body says nothing of its type', async () => {
    const url = serve((inbound) =>
      Response.json([inbound.method, inbound.headers.get('content-type')]),
    )
    const { body: _, ...bare } = request({ method: 'GET' })
    expect((await clientOf(url).call(bare)).json()).toEqual(['GET', null])
  })

  test('gets every answer below 500 as it is, redirects included', async () => {
    const url = serve((inbound) => {
      const status = Number(new URL(inbound.url).pathname.slice(1))
      return new Response('text', { status, headers: { location: '/elsewhere' } })
    })
    const client = clientOf(url, { failuresToOpen: 2 })
    for (const status of [201, 302, 404, 404, 404, 409, 422, 429]) {
      expect((await client.call(request({ path: `/${status}` }))).status).toBe(status)
    }
  })
})

describe('a failure', () => {
  test('of a refused connection was not sent', async () => {
    const client = clientOf(`http://127.0.0.1:${await closedPort()}`)
    const failure = await failureOf(client.call(request({ idempotent: true })))
    expect(failure).toMatchObject({
      sent: 'no',
      upstream: 'order',
      code: 'service_unavailable',
      status: 503,
      detail: 'The order service is not available right now',
      headers: { 'retry-after': '1' },
    })
  })

  test('of a connection that was reset after the request is unknown', async () => {
    const { url } = await serveSockets((socket) =>
      socket.once('data', () => socket.resetAndDestroy()),
    )
    expect((await failureOf(clientOf(url).call(request()))).sent).toBe('unknown')
  })

  test('of an answer that breaks off is unknown', async () => {
    const { url } = await serveSockets((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{')),
    )
    expect((await failureOf(clientOf(url).call(request()))).sent).toBe('unknown')
  })

  test('of a peer that stays silent comes at the deadline and is unknown', async () => {
    const { url } = await serveSockets(() => {})
    const silent = request({ deadline: deadlineIn(50), idempotent: true })
    expect((await failureOf(clientOf(url).call(silent))).sent).toBe('unknown')
  })

  test('of a deadline that has passed before is not sent', async () => {
    let calls = 0
    const url = serve(() => Response.json((calls += 1)))
    const failure = await failureOf(clientOf(url).call(request({ deadline: deadlineIn(0) })))
    expect(failure.sent).toBe('no')
    expect(calls).toBe(0)
  })

  test('of a 5xx is unknown, unless the peer shed the request before it began', async () => {
    const url = serve(({ url: asked }) =>
      Response.json({ code: new URL(asked).pathname.slice(1) }, { status: 503 }),
    )
    const client = clientOf(url)
    const sent = async (path: string) => (await failureOf(client.call(request({ path })))).sent
    expect(await sent('/outcome_unknown')).toBe('unknown')
    expect(await sent('/overloaded')).toBe('no')
  })

  test('of an answer past the bound is unknown, with a declared length and without', async () => {
    const url = serve(({ url: asked }) => {
      const text = 'x'.repeat(2000)
      if (asked.endsWith('/declared')) return new Response(text)
      return new Response(
        new ReadableStream({
          start(controller) {
            controller.enqueue(new TextEncoder().encode(text))
            controller.close()
          },
        }),
      )
    })
    const bounded = clientOf(url, { answerLimit: 1999 })
    const exact = clientOf(url, { answerLimit: 2000 })
    for (const path of ['/declared', '/chunked']) {
      expect((await failureOf(bounded.call(request({ path })))).sent).toBe('unknown')
      expect((await exact.call(request({ path }))).text).toHaveLength(2000)
    }
  })

  test('on this side is thrown as it is', async () => {
    const broken = {
      tokenFor: () => {
        throw new Error('no key')
      },
    }
    const client = clientOf('http://127.0.0.1:1', { tokens: broken })
    await expect(client.call(request({ idempotent: true }))).rejects.toThrow('no key')
  })
})

describe('a retry', () => {
  /** Answers 503 so many times, then 200. */
  function flaky(failures: number, code = 'store_unavailable', status = 503) {
    const state = { calls: 0 }
    const url = serve(() => {
      state.calls += 1
      return state.calls <= failures ? Response.json({ code }, { status }) : Response.json('ok')
    })
    return { url, state }
  }

  test('repeats an idempotent call until it succeeds', async () => {
    const { url, state } = flaky(2)
    const answer = await clientOf(url).call(request({ idempotent: true }))
    expect(answer.json()).toBe('ok')
    expect(state.calls).toBe(3)
  })

  test('ends with the last attempt', async () => {
    const { url, state } = flaky(99)
    const client = clientOf(url, { maxAttempts: 2 })
    expect((await failureOf(client.call(request({ idempotent: true })))).sent).toBe('unknown')
    expect(state.calls).toBe(2)
  })

  test.each([
    ['a call that is not idempotent', { idempotent: false }, 'store_unavailable', 503],
    ['a defect over there', { idempotent: true }, 'internal_error', 500],
    ['a peer that sheds load', { idempotent: true }, 'overloaded', 503],
  ] as const)('is not made for %s', async (_, changes, code, status) => {
    const { url, state } = flaky(1, code, status)
    await failureOf(clientOf(url).call(request(changes)))
    expect(state.calls).toBe(1)
  })

  test('hides that a peer was restarted and its kept connections with it', async () => {
    // Closes every connection that is used a second time, as one does that went away meanwhile.
    const { url } = await serveSockets((socket) => {
      let requests = 0
      socket.on('data', () => {
        requests += 1
        if (requests === 1) socket.write(httpOk)
        else socket.destroy()
      })
    })
    const client = clientOf(url)
    for (let call = 0; call < 10; call += 1) {
      expect((await client.call(request({ idempotent: true }))).status).toBe(200)
    }
  })

  test('stays within the budget when everything fails', async () => {
    let calls = 0
    const url = serve(() => {
      calls += 1
      return Response.json({ code: 'store_unavailable' }, { status: 503 })
    })
    const client = clientOf(url, { concurrency: 2, failuresToOpen: 1e9 })
    for (let call = 0; call < 40; call += 1)
      await failureOf(client.call(request({ idempotent: true })))
    // 40 calls, 2 retries saved up at the start, a tenth of 40 earned.
    expect(calls).toBeLessThanOrEqual(46)
    expect(calls).toBeGreaterThan(40)
  })

  test('never turns an unknown outcome into a known one', async () => {
    const { url, close } = await serveSockets((socket) =>
      socket.once('data', () => {
        socket.resetAndDestroy()
        void close()
      }),
    )
    const failure = await failureOf(clientOf(url).call(request({ idempotent: true })))
    expect(failure.sent).toBe('unknown')
  })
})

describe('the breaker', () => {
  test('opens after failures in a row, then calls are not sent', async () => {
    let calls = 0
    const url = serve(() => {
      calls += 1
      return new Response(null, { status: 500 })
    })
    const client = clientOf(url, { failuresToOpen: 3, probeAfter: 60_000 })
    for (let call = 0; call < 3; call += 1) {
      expect((await failureOf(client.call(request()))).sent).toBe('unknown')
    }
    const refused = await failureOf(client.call(request({ idempotent: true })))
    expect(refused).toMatchObject({ sent: 'no', code: 'service_unavailable' })
    expect(calls).toBe(3)
  })

  test('lets one call probe and closes when it succeeds', async () => {
    let healthy = false
    const url = serve(() => new Response('{}', { status: healthy ? 200 : 500 }))
    const client = clientOf(url, { failuresToOpen: 1, probeAfter: 0 })
    await failureOf(client.call(request()))
    healthy = true
    const answers = await Promise.all([1, 2, 3].map(() => client.call(request())))
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200])
  })

  test('does not make a call wait past its deadline for a probe', async () => {
    const gate = Promise.withResolvers<void>()
    const probing = Promise.withResolvers<void>()
    let calls = 0
    const url = serve(async () => {
      calls += 1
      if (calls === 1) return new Response(null, { status: 500 })
      probing.resolve()
      await gate.promise
      return Response.json('ok')
    })
    const client = clientOf(url, { failuresToOpen: 1, probeAfter: 0 })
    await failureOf(client.call(request()))
    const probe = client.call(request())
    await probing.promise
    const waiting = await failureOf(client.call(request({ deadline: deadlineIn(20) })))
    expect(waiting.sent).toBe('no')
    gate.resolve()
    expect((await probe).json()).toBe('ok')
    expect(calls).toBe(2)
  })

  test('counts a deadline that passed on the wire, and not one that passed in the queue', async () => {
    const { url } = await serveSockets(() => {})
    const client = clientOf(url, { failuresToOpen: 2, probeAfter: 60_000, concurrency: 1 })
    const short = (budget = 30) => failureOf(client.call(request({ deadline: deadlineIn(budget) })))
    const [first, queued] = await Promise.all([short(60), short(20)])
    expect([first?.sent, queued?.sent]).toEqual(['unknown', 'no'])
    expect((await short()).sent).toBe('unknown')
    expect((await short()).sent).toBe('no')
  })

  test('is not opened by a peer that sheds load', async () => {
    let calls = 0
    const url = serve(() => {
      calls += 1
      return Response.json({ code: 'overloaded' }, { status: 503 })
    })
    const client = clientOf(url, { failuresToOpen: 2 })
    for (let call = 0; call < 5; call += 1) await failureOf(client.call(request()))
    expect(calls).toBe(5)
  })
})

test('the bulkhead bounds what is under way and refuses what its queue cannot hold', async () => {
  const gate = Promise.withResolvers<void>()
  const full = Promise.withResolvers<void>()
  let underWay = 0
  let most = 0
  const url = serve(async () => {
    underWay += 1
    most = Math.max(most, underWay)
    if (underWay === 2) full.resolve()
    await gate.promise
    underWay -= 1
    return Response.json('ok')
  })
  const client = clientOf(url, { concurrency: 2, queue: 1 })
  const held = [1, 2, 3].map(() => client.call(request()))
  const refused = await failureOf(client.call(request({ idempotent: true })))
  expect(refused).toMatchObject({ code: 'overloaded', status: 503, sent: 'no' })
  await full.promise
  gate.resolve()
  expect((await Promise.all(held)).map((answer) => answer.status)).toEqual([200, 200, 200])
  expect(most).toBe(2)
})
