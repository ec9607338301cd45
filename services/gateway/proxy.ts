/** Passes one request on to a ready copy of its service, and the answer back. */
import { neverSent } from '../../core/clients/connection.ts'
import type { Copies } from '../../core/clients/copies.ts'
import { passOn } from '../../core/clients/pass-on.ts'
import { newId } from '../../core/values/ids.ts'
import { inNetworks, type InNetworks } from '../../core/values/networks.ts'
import { ClientGone } from '../../core/http/client-gone.ts'
import type { Inbound } from '../../core/http/engine/engine.ts'
import { requestIdOf } from '../../core/http/pipeline.ts'
import { Problem, problem } from '../../core/http/problem.ts'
import { Reply } from '../../core/http/reply.ts'
import type { Flight, Ticket } from './flight.ts'
import { replyHeaders, requestHeaders } from './headers.ts'

export interface ProxyOptions {
  readonly flight: Flight
  /** Milliseconds until an answer must have begun. */
  readonly timeout: number
  readonly trustedProxies: readonly string[]
  /** The client's address, whose share of the places a request takes. */
  readonly addressOf: (inbound: Inbound) => string
}

/** `path` is the service's own path, still percent-encoded. Rejects with a problem. */
export type Forward = (inbound: Inbound, copies: Copies, path: string) => Promise<Reply>

/**
 * Bodies up to this many bytes, as many as any route takes, are read before they are passed on. A
 * request of known size can be sent again, and holds neither a place nor a connection to a service
 * while a slow client sends it; an answer that breaks off becomes an error instead of half a document.
 */
const wholeLimit = 64 * 1024

const bodyless = new Set(['GET', 'HEAD'])

/** What a request turns into before any copy is chosen; a second try sends the same. */
interface Outgoing {
  readonly method: string
  readonly target: string
  readonly headers: Record<string, string>
  readonly body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null
}

export function createForward(options: ProxyOptions): Forward {
  const { flight, timeout, trustedProxies, addressOf } = options
  const trusted = inNetworks(trustedProxies)

  async function forward(inbound: Inbound, copies: Copies, path: string): Promise<Reply> {
    // Before the first wait: afterwards the connection may be gone, and its address with it.
    const address = addressOf(inbound)
    const outgoing = await prepare(inbound, path, trusted, (limit) =>
      flight.receive(inbound, address, limit),
    )
    const ticket = flight.begin(address)
    try {
      return await tryCopies(inbound, copies, outgoing, ticket)
    } catch (error) {
      ticket.end()
      throw error
    }
  }

  async function tryCopies(
    inbound: Inbound,
    copies: Copies,
    outgoing: Outgoing,
    ticket: Ticket,
  ): Promise<Reply> {
    const tried: string[] = []
    let copy = copies.pick()
    if (copy === null) throw unavailable(copies)
    for (;;) {
      try {
        return await send(copy, copies, inbound, outgoing, ticket)
      } catch (error) {
        if (error instanceof Problem) throw error
        // The call was given up with its client, whatever error that has ended in.
        if (inbound.signal.aborted) throw new ClientGone(error)
        if (neverSent(error)) copies.failed(copy)
        tried.push(copy)
        const other = mayRepeat(outgoing, error) ? nextAfter(tried, copies) : null
        if (other === null) throw failure(error, copies)
        copy = other
      }
    }
  }

  async function send(
    address: string,
    copies: Copies,
    inbound: Inbound,
    outgoing: Outgoing,
    ticket: Ticket,
  ): Promise<Reply> {
    const { method, headers, body } = outgoing
    const stop = new AbortController()
    const late = setTimeout(() => stop.abort(new Late()), timeout)
    const onGone = (): void => stop.abort(new ClientGone())
    if (inbound.signal.aborted) onGone()
    else inbound.signal.addEventListener('abort', onGone, { once: true })
    // What may be asked elsewhere need not wait for a copy that hangs; anything else may be done yet.
    const hung = isReading(outgoing) ? copies.hung(address) : null
    const onHung = (): void => stop.abort(new Hung())
    hung?.addEventListener('abort', onHung, { once: true })
    try {
      // It has no time limit, which would end event streams; the timer above guards the beginning.
      const answer = await passOn(address + outgoing.target, {
        method,
        headers,
        body,
        signal: stop.signal,
      })
      return await receive(answer, ticket)
    } finally {
      clearTimeout(late)
      hung?.removeEventListener('abort', onHung)
    }
  }

  return forward
}

/** A service did not begin to answer in time. */
class Late extends Error {}

/** Checks found that the copy hangs. */
class Hung extends Error {}

async function prepare(
  inbound: Inbound,
  path: string,
  trusted: InNetworks,
  wholeBody: WholeBody,
): Promise<Outgoing> {
  const { method, query } = inbound
  const peer = inbound.address
  const headers = requestHeaders(inbound.headers(), {
    peer,
    trusted: trusted(peer),
    // One id finds a request in every log.
    requestId: requestIdOf(inbound) ?? newId<string>(),
  })
  const target = query === '' ? path : `${path}?${query}`
  return { method, target, headers, body: await bodyOf(inbound, headers, wholeBody) }
}

/** The whole body, once it is there. */
type WholeBody = (limit: number) => Promise<Uint8Array>

async function bodyOf(
  inbound: Inbound,
  headers: Record<string, string>,
  wholeBody: WholeBody,
): Promise<Outgoing['body']> {
  if (bodyless.has(inbound.method)) return null
  const length = inbound.header('content-length')
  if (length === null && inbound.header('transfer-encoding') === null) return null
  if (length !== null && Number(length) > wholeLimit) {
    // No route takes it: its service refuses it by its length, without waiting for it.
    headers['content-length'] = length
    return inbound.stream()
  }
  // The engine hands out bytes over a plain ArrayBuffer; its interface is wider.
  return (await wholeBody(wholeLimit)) as Uint8Array<ArrayBuffer>
}

async function receive(answer: Response, ticket: Ticket): Promise<Reply> {
  const headers = replyHeaders(answer.headers)
  const length = answer.headers.get('content-length')
  if (answer.body === null) {
    // The answer to a HEAD says how long the body of the GET would be.
    if (length !== null && length !== '0') headers['content-length'] = length
    ticket.end()
    return new Reply(answer.status, headers, null)
  }
  if (length !== null && Number(length) <= wholeLimit) {
    const bytes = new Uint8Array(await answer.arrayBuffer())
    ticket.end()
    return new Reply(answer.status, headers, bytes)
  }
  const type = headers['content-type'] ?? ''
  const events = type.startsWith('text/event-stream')
  return new Reply(answer.status, headers, ticket.stream(answer.body, events))
}

/** Only reading changes nothing however often it is done; RFC 9110, section 9.2.2. */
const isReading = ({ method, body }: Outgoing): boolean => bodyless.has(method) && body === null

function mayRepeat(outgoing: Outgoing, error: unknown): boolean {
  if (error instanceof Late) return false
  // A body that is still a stream may have been read in part.
  if (neverSent(error)) return !(outgoing.body instanceof ReadableStream)
  return isReading(outgoing)
}

/** The last copy left gets a second chance: its kept connection may just have been closed. */
const nextAfter = (tried: readonly string[], copies: Copies): string | null =>
  copies.pick(tried) ?? (tried.length === 1 ? copies.pick() : null)

/** Refused: nothing was sent, trying again is safe. Anything else: the service may have begun to act. */
function failure(error: unknown, { service }: Copies): Problem {
  const options = { values: { service }, cause: error, retryAfter: 1 }
  if (error instanceof Late || error instanceof Hung) return problem('gateway_timeout', options)
  return problem(neverSent(error) ? 'service_unavailable' : 'bad_gateway', options)
}

const unavailable = ({ service }: Copies): Problem =>
  problem('service_unavailable', { values: { service }, retryAfter: 1 })
