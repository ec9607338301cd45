/** Sessions: from log-in to log-out, kept up by refresh tokens that work once. */
import type { AccessTokens } from '../../core/auth/access-tokens.ts'
import type { RefreshKeys } from '../../core/auth/refresh-keys.ts'
import {
  newRefreshToken,
  nextRefreshToken,
  readRefreshToken,
  refreshTokenLife,
} from '../../core/auth/refresh-token.ts'
import type { Revocations } from '../../core/auth/revocations.ts'
import { problem } from '../../core/http/problem.ts'
import type { SessionId, UserId } from '../../core/values/ids.ts'
import { millis, type Clock, type Millis } from '../../core/values/time.ts'
import type { UserStore } from './store.ts'
import type { Account, User } from './users.ts'

export interface Tokens {
  readonly accessToken: string
  readonly refreshToken: string
  /** Seconds until the access token expires. */
  readonly expiresIn: number
}

export interface Sessions {
  /**
   * Opens a session for who has just shown the password of `account`.
   *
   * @throws login_failed when that password was changed or the account disabled meanwhile
   */
  open(account: Account): Promise<Tokens>
  /**
   * New tokens for a refresh token that was not used before, and the same refresh token again for
   * one that was used within 10 s: two tabs, or an answer that was lost. One that was used earlier
   * ends its session: somebody else has it.
   *
   * @throws refresh_token_invalid
   */
  refresh(refreshToken: string): Promise<Tokens>
  end(session: SessionId): Promise<void>
  endAll(user: UserId): Promise<void>
}

export interface SessionsOptions {
  readonly store: Pick<
    UserStore,
    'openSession' | 'rotateSession' | 'endSession' | 'endSessionsOf' | 'userById' | 'accountById'
  >
  readonly accessTokens: AccessTokens
  readonly refreshKeys: Pick<RefreshKeys, 'current' | 'others'>
  /** How long a session goes on from its log-in, however often it is refreshed. */
  readonly sessionLife: Millis
  /** This process's own set, so that it refuses an ended session without waiting for the feed. */
  readonly revoked: Pick<Revocations, 'add'>
  readonly clock: Clock
}

export function createSessions(options: SessionsOptions): Sessions {
  const { store, accessTokens, refreshKeys, sessionLife, revoked, clock } = options

  const tokenLife = Math.min(refreshTokenLife, sessionLife)

  function tokensFor(user: User, session: SessionId, epoch: number, refreshToken: string): Tokens {
    // The role comes from the store at each refresh, never from the token before.
    const issued = accessTokens.issue({ user: user.id, role: user.role, session, epoch })
    return { accessToken: issued.token, expiresIn: issued.expiresIn, refreshToken }
  }

  return {
    async open(account) {
      const { session, hash, token } = newRefreshToken()
      const at = clock.now()
      const expiresAt = millis(at + tokenLife)
      const opened = await store.openSession({
        id: session,
        user: account.id,
        refreshHash: hash,
        at,
        expiresAt,
      })
      for (const each of opened.ended) revoked.add({ session: each, endedAt: at })
      // What ends all sessions of a user ends those that it finds. One that is opened after it, by a
      // log-in that was checked before it, would be missed: so look again.
      const now = await store.accountById(account.id)
      if (now?.passwordHash !== account.passwordHash || now.disabledAt !== null) {
        await store.endSession(session, at)
        throw problem('login_failed')
      }
      return tokensFor(now, session, opened.epoch, token)
    },

    async refresh(refreshToken) {
      const presented = readRefreshToken(refreshToken)
      if (presented === null) throw problem('refresh_token_invalid')
      const next = nextRefreshToken(presented, refreshKeys.current)
      const elsewhere = refreshKeys.others.map((key) => nextRefreshToken(presented, key))
      const id = presented.session
      const at = clock.now()
      const result = await store.rotateSession({
        id,
        presented: presented.hash,
        next: next.hash,
        nextElsewhere: elsewhere.map(({ hash }) => hash),
        at,
        expiresAt: millis(at + tokenLife),
        startedAfter: millis(at - sessionLife),
      })
      if (result.kind === 'reused') revoked.add({ session: id, endedAt: at })
      if (result.kind === 'reused' || result.kind === 'unknown') {
        throw problem('refresh_token_invalid')
      }
      const given =
        result.kind === 'rotated'
          ? next
          : [next, ...elsewhere].find(({ hash }) => hash === result.next)
      const user = await store.userById(result.user)
      if (user === null || given === undefined) throw problem('refresh_token_invalid')
      return tokensFor(user, id, result.epoch, given.token)
    },

    async end(session) {
      const at = clock.now()
      await store.endSession(session, at)
      revoked.add({ session, endedAt: at })
    },

    async endAll(user) {
      revoked.add(await store.endSessionsOf(user, clock.now()))
    },
  }
}
