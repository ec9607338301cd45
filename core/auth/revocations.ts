/** Sessions that ended before their tokens did, learned from the user service's feed. */
import type { Logger } from '../logging/logger.ts'
import { every, type Worker } from '../resilience/worker.ts'
import type { SessionId, UserId } from '../values/ids.ts'
import { millis, type Clock, type Millis } from '../values/time.ts'
import { accessTokenLife } from './access-tokens.ts'
import { repeatableFor } from './refresh-token.ts'

/** One session has ended. */
export interface SessionRevocation {
  readonly session: SessionId
  readonly endedAt: Millis
}

/** All sessions of a user have ended but one: one entry, however many there were. */
export interface UserRevocation {
  readonly user: UserId
  /** Tokens of earlier session epochs are refused. */
  readonly epoch: number
  /** The session that goes on, whose tokens of earlier epochs stay good; null for none. */
  readonly keep: SessionId | null
  readonly endedAt: Millis
}

export type Revocation = SessionRevocation | UserRevocation

/** What of a user's access token can be revoked. */
export interface Revocable {
  readonly user: UserId
  readonly session: SessionId
  readonly epoch: number
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
  isRevoked(token: Revocable): boolean
  /** Makes an end known here at once, before the feed brings it. */
  add(revocation: Revocation): void
  start(): void
  stop(): Promise<void>
  /** Milliseconds since the feed was last read to its end; it fails open, so watch this. */
  lag(): Millis
}

const pollInterval = 400
/**
 * How long an end matters: one token life, what the signing of a token that was under way when the
 * session ended can take, and how long a repeated refresh is answered.
 */
export const revocationLife: Millis = millis(accessTokenLife + 5_000 + repeatableFor)

/**
 * Builds the consumer. While the feed cannot be read, tokens stay good until they expire: the shop
 * does not stand still because the user service does.
 *
 * There is no bound on the entries, since one that is dropped while it matters lets an ended session
 * in again. They are as many as sessions end within half an hour whose tokens were fresh, each of
 * which took a log-in or a refresh: 100 a second make 180,000 entries, some 27 MB.
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
  const sessions = new Map<SessionId, Millis>()
  const users = new Map<UserId, UserRevocation>()
  let cursor = 0
  let lastRead = clock.now()
  let failing = false
  let worker: Worker | null = null

  function add(revocation: Revocation): void {
    if (revocation.endedAt + revocationLife <= clock.now()) return
    if ('session' in revocation) sessions.set(revocation.session, revocation.endedAt)
    else addUser(revocation)
  }

  /** The highest epoch says all that earlier ones said. */
  function addUser(revocation: UserRevocation): void {
    const known = users.get(revocation.user)
    if (known !== undefined && known.epoch >= revocation.epoch) return
    // Deleted first, so that it moves behind all that came before it.
    users.delete(revocation.user)
    users.set(revocation.user, revocation)
  }

  function forgetExpired(): void {
    const limit = clock.now() - revocationLife
    for (const [session, endedAt] of sessions) {
      if (endedAt > limit) break
      sessions.delete(session)
    }
    for (const [user, { endedAt }] of users) {
      if (endedAt > limit) break
      users.delete(user)
    }
  }

  async function readToEnd(): Promise<void> {
    for (;;) {
      const asked = cursor
      const page = await fetchPage(asked)
      for (const entry of page.entries) add(entry)
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
    isRevoked({ user, session, epoch }) {
      if (sessions.has(session)) return true
      const all = users.get(user)
      return all !== undefined && epoch < all.epoch && session !== all.keep
    },
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
