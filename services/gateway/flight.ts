/**
 * Requests under way until the last byte of their answer, and event streams apart from them; each
 * address has its share, so that nobody takes the places of all others.
 *
 * ```
 *   receive ──► body arrives ──► begin ──► a service answers ──► end
 *    (places of bodies)         (in flight)        └──► stream ──► its end, or `endEventStreams`
 *                                                       (event streams have places of their own)
 * ```
 */
import { addressBucket } from '../../core/auth/address-bucket.ts'
import { bodyPatience, createBodyIntake } from '../../core/http/body-intake.ts'
import type { Inbound } from '../../core/http/engine/engine.ts'
import { problem } from '../../core/http/problem.ts'
import { createShares, type Shares } from '../../core/resilience/shares.ts'

export interface Flight {
  /**
   * The whole body of a request, which is in flight only once it is there.
   *
   * @throws rate_limited, body_timeout, payload_too_large past `limit` bytes
   */
  receive(inbound: Inbound, address: string, limit: number): Promise<Uint8Array>
  /**
   * Runs one request. The body of its answer, where it is a stream, counts until it ends.
   *
   * @throws overloaded, or rate_limited when its address has its share
   */
  begin(address: string): Ticket
  /** Requests in flight, whose answer must be complete before the process may end. */
  waiting(): number
  /** Requests whose body has not arrived yet. */
  receiving(): number
  /** Open event streams. */
  eventStreams(): number
  /** Event streams have no end of their own, so they end now; clients resume elsewhere. */
  endEventStreams(): void
}

export interface Ticket {
  end(): void
  /**
   * Passes a body on and ends the ticket with it. `endless` ones do not hold up a shutdown.
   *
   * @throws overloaded when as many event streams are open as may be
   */
  stream(body: ReadableStream<Uint8Array>, endless: boolean): ReadableStream<Uint8Array>
}

export interface FlightOptions {
  /** Requests in flight past which new ones get 503 at once; as many bodies are waited for beside them. */
  readonly maxInFlight: number
  /** Requests of one address in flight, and as many bodies that are waited for. */
  readonly perAddress: number
  readonly maxEventStreams: number
  /** Milliseconds after which a reader that takes nothing of its answer is given up. */
  readonly readerPatience?: number
  /** Told of each request that gets 503. */
  readonly onShed?: () => void
  /** Told of each request that is refused because its address has its share. */
  readonly onShare?: () => void
}

/** Far longer than an honest reader needs for the half megabyte that is read ahead of it. */
const defaultReaderPatience = 30_000

/** Seconds until a place for an event stream is worth asking for again. */
const streamRetryAfter = 5

export function createFlight(options: FlightOptions): Flight {
  const { maxInFlight, perAddress, maxEventStreams } = options
  const { readerPatience = defaultReaderPatience, onShed, onShare } = options
  const bodies = createBodyIntake({ places: maxInFlight, patience: bodyPatience })
  const bodiesOf = createShares(perAddress)
  const requestsOf = createShares(perAddress)
  let finite = 0
  const endless = new Set<() => void>()

  function share(
    shares: Shares,
    address: string,
    headers: Readonly<Record<string, string>> = {},
  ): () => void {
    const leave = shares.take(addressBucket(address))
    if (leave !== null) return leave
    onShare?.()
    throw problem('rate_limited', { retryAfter: 1, headers })
  }

  function begin(address: string): Ticket {
    if (finite >= maxInFlight) {
      onShed?.()
      throw problem('overloaded')
    }
    const leave = share(requestsOf, address)
    let open = true
    finite++
    const end = (): void => {
      if (!open) return
      open = false
      finite--
      leave()
    }
    return {
      end,
      stream(body, isEndless) {
        if (!isEndless) return passing(body, end, readerPatience).stream
        if (endless.size >= maxEventStreams) {
          onShed?.()
          body.cancel().catch(() => {})
          throw problem('overloaded', { retryAfter: streamRetryAfter })
        }
        const passed = passing(body, () => void endless.delete(passed.finish))
        endless.add(passed.finish)
        end()
        return passed.stream
      },
    }
  }

  return {
    async receive(inbound, address, limit) {
      // Nobody reads the body, so the connection ends with the answer.
      const leave = share(bodiesOf, address, { connection: 'close' })
      try {
        return await bodies.read(inbound, limit)
      } finally {
        leave()
      }
    },
    begin,
    waiting: () => finite,
    receiving: bodies.waiting,
    eventStreams: () => endless.size,
    endEventStreams() {
      for (const finish of [...endless]) finish()
    },
  }
}

/**
 * The same bytes as they come, at the reader's pace; `onEnd` runs once, however it ends. A reader that
 * takes nothing for `patience` milliseconds loses its answer; one of events may rest as long as it likes.
 */
function passing(
  body: ReadableStream<Uint8Array>,
  onEnd: () => void,
  patience?: number,
): { readonly stream: ReadableStream<Uint8Array>; finish(): void } {
  const reader = body.getReader()
  let over = false
  let timer: ReturnType<typeof setTimeout> | undefined
  const settle = (): boolean => {
    if (over) return false
    over = true
    clearTimeout(timer)
    onEnd()
    return true
  }
  let controller: ReadableStreamDefaultController<Uint8Array> | null = null
  function giveUp(): void {
    if (!settle()) return
    controller?.error(new Error('The reader takes nothing.'))
    reader.cancel().catch(() => {})
  }
  const stream = new ReadableStream<Uint8Array>({
    start(own) {
      controller = own
    },
    async pull(own) {
      clearTimeout(timer)
      try {
        const { done, value } = await reader.read()
        if (over) return
        if (!done) {
          own.enqueue(value)
          if (patience !== undefined) timer = setTimeout(giveUp, patience)
          return
        }
        settle()
        own.close()
      } catch (error) {
        // The engine answers an error by resetting the connection: a cut body must not look complete.
        if (settle()) own.error(error)
      }
    },
    async cancel(reason) {
      settle()
      await reader.cancel(reason)
    },
  })
  return {
    stream,
    finish() {
      if (!settle()) return
      controller?.close()
      reader.cancel().catch(() => {})
    },
  }
}
