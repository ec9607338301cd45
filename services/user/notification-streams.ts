/**
 * Open streams of notifications: woken when there is something new, each reading its own rows.
 *
 * ```
 *   recorded in this process ──► wake(user) ─────┐
 *   recorded by another copy ──► poll, 500 ms ───┴──► the user's streams read their next page
 *   tick, 1 s ──► a stream whose token is no longer good ends; one that is quiet beats
 * ```
 */
import { addressBucket } from '../../core/auth/address-bucket.ts'
import {
  createEventStream,
  type EventStream,
  type ServerSentEvent,
} from '../../core/http/event-stream.ts'
import { problem, type Problem } from '../../core/http/problem.ts'
import type { Logger } from '../../core/logging/logger.ts'
import { createShares } from '../../core/resilience/shares.ts'
import type { UserId } from '../../core/values/ids.ts'
import { toRfc3339, type Clock, type Millis } from '../../core/values/time.ts'
import type { UserMetrics } from './metrics.ts'
import type { Notification } from './notifications.ts'
import type { UserStore } from './store.ts'

export interface NotificationReader {
  readonly user: UserId
  /** The client's address, which has a bound of its own: accounts are free. */
  readonly address: string
  /** Id of the last notification that the client has seen; null begins with what comes from now on. */
  readonly after: number | null
  /** Asked once a second: false ends the stream. */
  readonly allowed: () => Promise<boolean>
}

export interface NotificationStreams {
  /** @throws too_many_streams, overloaded, service_unavailable while the process drains */
  open(reader: NotificationReader): Promise<ReadableStream<Uint8Array>>
  /** There may be something new for this user. */
  wake(user: UserId): void
  /** Looks for what other copies of the service have recorded. */
  poll(): Promise<void>
  /** Ends the streams of those who are no longer signed in, and keeps the quiet ones alive. */
  tick(): Promise<void>
  /** Ends all streams and opens no more; the clients come back to another copy. */
  drain(): void
  size(): number
}

export interface NotificationStreamsOptions {
  readonly store: Pick<UserStore, 'notifications' | 'lastNotification' | 'notified'>
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Pick<UserMetrics, 'notified' | 'streamRefused'>
  /** Streams at once in this process; past it the answer is 503. */
  readonly limit: number
  /** Streams of one user at once; past it the answer is 429. */
  readonly limitPerUser: number
  /** Streams of one address at once; past it the answer is 429. */
  readonly limitPerAddress: number
  /** Milliseconds after which a quiet stream sends a comment. */
  readonly heartbeat: Millis
}

/** Milliseconds between two polls: half of what a notification may be late. */
export const pollInterval = 500
/** Milliseconds between two ticks. */
export const tickInterval = 1_000

/** Notifications a stream holds at once: some 10 KB. */
const pageSize = 50
/** Notifications one step of the poll looks at. */
const pollPage = 1_000
/** Milliseconds after which a client comes back: a gateway has noticed a drain by then. */
const retry = 1_000
/** Seconds until a full process is worth asking again. */
const fullRetryAfter = 5

interface OpenStream {
  readonly stream: EventStream
  readonly allowed: () => Promise<boolean>
  beatAt: number
}

export function createNotificationStreams(
  options: NotificationStreamsOptions,
): NotificationStreams {
  const { store, clock, log, metrics, limit, limitPerUser, limitPerAddress, heartbeat } = options
  if (!(limit >= 1)) throw new RangeError('The option "limit" must be at least 1.')
  const streams = new Map<UserId, Set<OpenStream>>()
  /** Of places taken: streams that are open and those about to be. */
  const ofUsers = createShares(limitPerUser)
  const ofAddresses = createShares(limitPerAddress)
  let taken = 0
  let draining = false
  /** Null while nobody listens: then nothing is read, and the next poll begins at the end. */
  let cursor: number | null = null

  function takePlace({ user, address }: NotificationReader): () => void {
    if (draining) throw problem('service_unavailable', { values: { service: 'user' } })
    const leaveUser = ofUsers.take(user)
    if (leaveUser === null) throw refused('user', 'A user', limitPerUser)
    const leaveAddress = ofAddresses.take(addressBucket(address))
    if (leaveAddress === null) {
      leaveUser()
      throw refused('address', 'An address', limitPerAddress)
    }
    taken++
    const leave = (): void => {
      taken--
      leaveUser()
      leaveAddress()
    }
    if (taken <= limit) return leave
    leave()
    metrics.streamRefused('process')
    throw problem('overloaded', { retryAfter: fullRetryAfter })
  }

  function refused(bound: 'user' | 'address', who: string, most: number): Problem {
    metrics.streamRefused(bound)
    return problem('too_many_streams', { values: { who, limit: most } })
  }

  async function startOf({ user, after }: NotificationReader): Promise<number> {
    const last = await store.lastNotification(user)
    // An id that was never given comes from before the store was put back to an older copy.
    return after === null ? last : Math.min(after, last)
  }

  function start({ user, allowed }: NotificationReader, from: number, leave: () => void) {
    let last = from
    const stream = createEventStream({
      startId: String(from),
      retry,
      async read() {
        const page = await store.notifications(user, last, pageSize)
        last = page.at(-1)?.id ?? last
        metrics.notified(page.length)
        return page.map(eventOf)
      },
      onEnd(error) {
        leave()
        const own = streams.get(user)
        own?.delete(open)
        if (own?.size === 0) streams.delete(user)
        if (error !== undefined) log.warn({ err: error }, 'a stream ended: no notifications')
      },
    })
    const open: OpenStream = { stream, allowed, beatAt: clock.now() + heartbeat }
    const own = streams.get(user) ?? new Set()
    streams.set(user, own.add(open))
    return stream
  }

  function wake(user: UserId): void {
    for (const { stream } of streams.get(user) ?? []) stream.wake()
  }

  const everyStream = (): OpenStream[] => [...streams.values()].flatMap((own) => [...own])

  return {
    async open(reader) {
      const leave = takePlace(reader)
      try {
        const from = await startOf(reader)
        const stream = start(reader, from, leave)
        // The drain began while the store was asked, and ended only what it saw.
        if (draining) stream.end()
        return stream.body
      } catch (error) {
        leave()
        throw error
      }
    },

    wake,

    async poll() {
      if (streams.size === 0) {
        cursor = null
        return
      }
      const first = cursor === null
      for (;;) {
        const page = await store.notified(cursor, pollPage)
        cursor = page.cursor
        // What was recorded between the reads of the first streams and this end is nobody's page.
        const users = first ? streams.keys() : page.users
        for (const user of users) wake(user)
        if (page.users.length === 0) return
      }
    },

    async tick() {
      const now = clock.now()
      await Promise.all(
        everyStream().map(async (open) => {
          if (!(await open.allowed())) return open.stream.end()
          // Beaten a tick early rather than a tick late.
          if (now + tickInterval <= open.beatAt) return
          open.beatAt = now + heartbeat
          open.stream.beat()
        }),
      )
    },

    drain() {
      draining = true
      for (const { stream } of everyStream()) stream.end()
    },

    size: () => taken,
  }
}

const eventOf = ({ id, order, status, updatedAt, sequence }: Notification): ServerSentEvent => ({
  id: String(id),
  event: 'order-status',
  data: JSON.stringify({
    order_id: order,
    status,
    updated_at: toRfc3339(updatedAt),
    sequence,
  }),
})
