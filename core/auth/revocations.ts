/** Sessions that ended before their tokens did, learned from the user service's feed. */
import type { Logger } from '../logging/logger.ts'
import { every, type Worker } from '../resilience/worker.ts'
import type { SessionId } from '../values/ids.ts'
import { millis, type Clock, type Millis } from '../values/time.ts'
import { accessTokenLife } from './access-tokens.ts'

export interface Revocation {
  readonly session: SessionId
  readonly endedAt: Millis
}

/**
 * One page of the feed; `cursor` is where the next one starts. It is a place in the store and not in
 * a process: the pages of one reading may come from different copies of the user service, so a cursor
 * of one means the same to all. A store that cannot tell for certain that nothing older is still on
 * its way to it answers a cursor from before that doubt; entries that come twice do no harm. A page
 * without entries, or whose cursor stands still, is the end for now.
 */
export interface RevocationPage {
  readonly entries: readonly Revocation[]
  readonly cursor: number
}

export interface Revocations {
  has(session: SessionId): boolean
  /** Makes an ended session known here at once, before the feed brings it. */
  add(session: SessionId, endedAt: Millis): void
  start(): void
  stop(): Promise<void>
  /** Milliseconds since the feed was last read to its end; it fails open, so watch this. */
  lag(): Millis
}

const pollInterval = 400
/** Ended sessions kept at most; past it the oldest go first (some 30 MB). */
const maxEntries = 200_000
/**
 * How long an ended session matters: one token life, and what the signing of a token that was under
 * way when the session ended can take.
 */
export const revocationLife: Millis = millis(accessTokenLife + 5_000)

/**
 * Builds the consumer. While the feed cannot be read, tokens stay good until they expire: the shop
 * does not stand still because the user service does.
 *
 * @param options.fetchPage reads the feed after a cursor; 0 asks for all that still matters
 */
export function createRevocations(options: {
  readonly fetchPage: (after: number) => Promise<RevocationPage>
  readonly clock: Clock
  readonly log: Logger
}): Revocations {
  const { fetchPage, clock, log } = options
  // In order of arrival, which is nearly the order of ending: the first are the first to go.
  const ended = new Map<SessionId, Millis>()
  let cursor = 0
  let lastRead = clock.now()
  let failing = false
  let worker: Worker | null = null

  function add(session: SessionId, endedAt: Millis): void {
    if (endedAt + revocationLife <= clock.now()) return
    ended.set(session, endedAt)
    if (ended.size > maxEntries) forgetFirst()
  }

  function forgetFirst(): void {
    const [first] = ended.keys()
    if (first !== undefined) ended.delete(first)
  }

  function forgetExpired(): void {
    const limit = clock.now() - revocationLife
    for (const [session, endedAt] of ended) {
      if (endedAt > limit) return
      ended.delete(session)
    }
  }

  async function readToEnd(): Promise<void> {
    for (;;) {
      const asked = cursor
      const page = await fetchPage(asked)
      for (const { session, endedAt } of page.entries) add(session, endedAt)
      // A feed that is behind us was restored from a copy: read it from its start.
      cursor = page.cursor < asked ? 0 : page.cursor
      // A cursor that stands still has more to say only later.
      if (page.entries.length === 0 || cursor === asked) break
    }
    lastRead = clock.now()
    forgetExpired()
  }

  /** One line when it begins to fail and one when it works again, not one for every poll. */
  async function readRevocations(): Promise<void> {
    try {
      await readToEnd()
      if (failing) log.info('revocations are read again')
      failing = false
    } catch (error) {
      if (!failing) log.warn({ err: error }, 'revocations cannot be read')
      failing = true
    }
  }

  return {
    has: (session) => ended.has(session),
    add,
    start() {
      worker ??= every(pollInterval, readRevocations, { log })
      worker.kick()
    },
    async stop() {
      await worker?.stop()
    },
    lag: () => millis(Math.max(0, clock.now() - lastRead)),
  }
}
