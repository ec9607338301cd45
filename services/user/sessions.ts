/** Sessions: from log-in to log-out, kept up by refresh tokens that work once. */
import type { AccessTokens } from '../../core/auth/access-tokens.ts'
import {
  newRefreshToken,
  nextRefreshToken,
  readRefreshToken,
  refreshTokenLife,
} from '../../core/auth/refresh-token.ts'
import type { Revocations } from '../../core/auth/revocations.ts'
import { problem } from '../../core/http/problem.ts'
import type { SessionId, UserId } from '../../core/values/ids.ts'
import { millis, type Clock } from '../../core/values/time.ts'
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
   * @throws login_failed when that password was changed meanwhile
   */
  open(account: Account): Promise<Tokens>
  /**
   * New tokens for a refresh token that was not used before. One that was used ends its session:
   * somebody else has it.
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
  /** This process's own set, so that it refuses an ended session without waiting for the feed. */
  readonly revoked: Pick<Revocations, 'add'>
  readonly clock: Clock
}

export function createSessions({ store, accessTokens, revoked, clock }: SessionsOptions): Sessions {
  function tokensFor(user: User, session: SessionId, refreshToken: string): Tokens {
    // The role comes from the store at each refresh, never from the token before.
    const issued = accessTokens.issue({ user: user.id, role: user.role, session })
    return { accessToken: issued.token, expiresIn: issued.expiresIn, refreshToken }
  }

  return {
    async open(account) {
      const { session, hash, token } = newRefreshToken()
      const at = clock.now()
      const expiresAt = millis(at + refreshTokenLife)
      await store.openSession({ id: session, user: account.id, refreshHash: hash, at, expiresAt })
      // A change of the password ends the sessions that it finds. One that is opened after it with
      // the old password, which was checked before it, would be missed: so look again.
      const now = await store.accountById(account.id)
      if (now?.passwordHash !== account.passwordHash) {
        await store.endSession(session, at)
        throw problem('login_failed')
      }
      return tokensFor(account, session, token)
    },

    async refresh(refreshToken) {
      const presented = readRefreshToken(refreshToken)
      if (presented === null) throw problem('refresh_token_invalid')
      const next = nextRefreshToken(presented)
      const id = presented.session
      const at = clock.now()
      const result = await store.rotateSession({
        id,
        presented: presented.hash,
        next: next.hash,
        at,
        expiresAt: millis(at + refreshTokenLife),
      })
      if (result.kind === 'reused') revoked.add(id, at)
      const user = result.kind === 'rotated' ? await store.userById(result.user) : null
      if (user === null) throw problem('refresh_token_invalid')
      return tokensFor(user, id, next.token)
    },

    async end(session) {
      const at = clock.now()
      await store.endSession(session, at)
      revoked.add(session, at)
    },

    async endAll(user) {
      const at = clock.now()
      for (const session of await store.endSessionsOf(user, at)) revoked.add(session, at)
    },
  }
}
