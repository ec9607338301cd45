/** A gateway on a free port before services that a test makes up. */
import { createServer, connect, type Server, type Socket } from 'node:net'
import { watchCopies, type Copies } from '../../core/clients/copies.ts'
import { temporaryFolder } from '../../core/files/temporary-folder.fixture.ts'
import { bunEngine } from '../../core/http/engine/bun.ts'
import type { Inbound } from '../../core/http/engine/engine.ts'
import { createHealth } from '../../core/lifecycle/health.ts'
import { createLogger } from '../../core/logging/logger.ts'
import { openDocs } from './docs.ts'
import { createFlight, type Flight, type FlightOptions } from './flight.ts'
import { createGateway } from './gateway.ts'
import { healthPages } from './health.ts'
import { openProfiles } from './profiles.ts'
import { createForward } from './proxy.ts'
import type { RateLimits } from './rate-limits.ts'
import type { StatusPage } from './status.ts'
import { openSwagger } from './swagger.ts'

export const log = createLogger({ service: 'gateway', level: 'silent' })

export interface TestGateway extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly flight: Flight
  readonly catalog: Copies
  /** Of all replies in their order, those included that nobody was there to take. */
  readonly statuses: readonly number[]
}

export interface TestGatewayOptions {
  /** Addresses of the catalog's copies; the other services have none. */
  readonly catalog?: readonly string[]
  readonly timeout?: number
  readonly trustedProxies?: readonly string[]
  readonly flight?: Partial<FlightOptions>
  /** The client's address; the peer's unless given. */
  readonly addressOf?: (inbound: Inbound) => string
  readonly rateLimits?: RateLimits
  readonly corsOrigins?: readonly string[]
  readonly docs?: string
  readonly status?: StatusPage
  readonly profiles?: string
}

/** Resolves when every copy was asked once whether it is ready. */
export async function startGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const empty = temporaryFolder('gateway')
  const flight = createFlight({
    maxInFlight: 1_000,
    perAddress: 1_000,
    maxEventStreams: 1_000,
    ...options.flight,
  })
  const watch = (service: Copies['service'], addresses: readonly string[]): Copies =>
    watchCopies({ service, addresses, interval: 25, otherwise: 'none', log })
  const upstreams = {
    catalog: watch('catalog', options.catalog ?? []),
    cart: watch('cart', []),
    order: watch('order', []),
    user: watch('user', []),
  }
  const health = createHealth(() => {})
  health.started()
  const statuses: number[] = []
  const handle = createGateway({
    upstreams,
    forward: createForward({
      flight,
      timeout: options.timeout ?? 5_000,
      trustedProxies: options.trustedProxies ?? [],
      addressOf: options.addressOf ?? (({ address }) => address),
    }),
    rateLimits: options.rateLimits ?? null,
    corsOrigins: options.corsOrigins ?? [],
    health: healthPages(health),
    docs: openDocs(options.docs ?? empty),
    status: options.status ?? null,
    swagger: openSwagger(),
    profiles: openProfiles(options.profiles ?? empty),
  })
  const listening = bunEngine.listen({
    host: '127.0.0.1',
    port: 0,
    idleTimeout: 10_000,
    onError: () => {},
    async handle(inbound) {
      const reply = await handle(inbound)
      statuses.push(reply.status)
      return reply
    },
  })
  await Promise.all(Object.values(upstreams).map(({ checked }) => checked))
  return {
    url: `http://127.0.0.1:${listening.port}`,
    port: listening.port,
    flight,
    catalog: upstreams.catalog,
    statuses,
    async [Symbol.asyncDispose]() {
      await Promise.all(Object.values(upstreams).map((each) => each.stop()))
      await listening.close()
    },
  }
}

export interface RawService extends Disposable {
  readonly url: string
  /** The requests as they came, without health checks. */
  readonly received: string[]
  /** Connections that are open right now, those of health checks left out. */
  open(): number
}

/**
 * A service that speaks bytes, for what no HTTP library would send. Health checks are answered 200;
 * everything else goes to `respond` with what has come of the request so far.
 */
export async function rawService(
  respond: (socket: Socket, received: string) => void,
): Promise<RawService> {
  const received: string[] = []
  const sockets = new Set<Socket>()
  const busy = new Set<Socket>()
  const server: Server = createServer((socket) => {
    let index = -1
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => {
      sockets.delete(socket)
      busy.delete(socket)
    })
    socket.on('data', (chunk) => {
      const text = chunk.toString('latin1')
      if (text.startsWith('GET /health/ready ')) {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
        return
      }
      busy.add(socket)
      // A request line opens a new request; what follows it belongs to that one.
      if (/^[A-Z]+ \S+ HTTP\/1\.1\r\n/.test(text)) index = received.push('') - 1
      received[index] += text
      respond(socket, received[index] ?? '')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('No port.')
  return {
    url: `http://127.0.0.1:${address.port}`,
    received,
    open: () => busy.size,
    [Symbol.dispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

export interface RawClient extends Disposable {
  /** All bytes so far, as Latin-1. */
  text(): string
  readonly closed: Promise<void>
  write(text: string): void
  /** Takes no more bytes from the connection. */
  pause(): void
  destroy(): void
}

/** A client that sends bytes as they stand and keeps the connection open. */
export function rawClient(port: number, text: string): RawClient {
  let received = ''
  const socket = connect(port, '127.0.0.1')
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1')
  })
  socket.on('error', () => {})
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  socket.write(text)
  return {
    text: () => received,
    closed,
    write: (more) => void socket.write(more),
    pause: () => void socket.pause(),
    destroy: () => void socket.destroy(),
    [Symbol.dispose]: () => void socket.destroy(),
  }
}
