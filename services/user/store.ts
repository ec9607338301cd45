/** What the user service needs of a store; every change is one conditional write. */
import type { GuessLedger } from '../../core/auth/login-limits.ts'
import { repeatableFor } from '../../core/auth/refresh-token.ts'
import type { RevocationPage, UserRevocation } from '../../core/auth/revocations.ts'
import type { Role } from '../../core/http/caller.ts'
import type { Eventually } from '../../core/values/eventually.ts'
import type { SessionId, UserId } from '../../core/values/ids.ts'
import type { Millis } from '../../core/values/time.ts'
import type { Notification, OrderStatusChange } from './notifications.ts'
import type { Account, NameKey, ProfileChanges, User } from './users.ts'

/** Sessions that a user can have; when one more begins, that ends which was not used for longest. */
export const sessionsPerUser = 100

/** A session from log-in to log-out; `refreshHash` is that of the one refresh token that is good. */
export interface NewSession {
  readonly id: SessionId
  readonly user: UserId
  readonly refreshHash: string
  readonly at: Millis
  /** When the refresh token, and with it the session, lapses. */
  readonly expiresAt: Millis
}

export interface OpenedSession {
  /** The user's session epoch, for the session's tokens. */
  readonly epoch: number
  /** Sessions of the user that ended to make room, and whose access tokens may still be good. */
  readonly ended: readonly SessionId[]
}

export interface Rotation {
  readonly id: SessionId
  /** Hash of the token that was shown. */
  readonly presented: string
  /** Hash of the one that replaces it. */
  readonly next: string
  /** What instances with other keys replace it with. */
  readonly nextElsewhere: readonly string[]
  readonly at: Millis
  readonly expiresAt: Millis
  /** A session that began no later than this has come to its end, however often it was refreshed. */
  readonly startedAfter: Millis
}

export type RotationResult =
  | { readonly kind: 'rotated'; readonly user: UserId; readonly epoch: number }
  /** It was used within the last 10 s, see `repeatableFor`; `next` is what replaced it. */
  | {
      readonly kind: 'repeated'
      readonly user: UserId
      readonly epoch: number
      readonly next: string
    }
  /** The token was used before: the session has been ended by this call. */
  | { readonly kind: 'reused' }
  /** No such session, or it has ended or lapsed. */
  | { readonly kind: 'unknown' }

/** True when the token that was shown is the one before the `current` one, and was used just now. */
export const isRepeated = (
  session: { readonly current: string | null; readonly issuedAt: Millis | null },
  { next, nextElsewhere, at }: Pick<Rotation, 'next' | 'nextElsewhere' | 'at'>,
): boolean =>
  session.current !== null &&
  session.issuedAt !== null &&
  [next, ...nextElsewhere].includes(session.current) &&
  at - session.issuedAt < repeatableFor

export interface PasswordChange {
  readonly user: UserId
  /** The hash that was checked, and the one that replaces it. */
  readonly from: string
  readonly to: string
  /** The session that goes on. */
  readonly keep: SessionId
  readonly at: Millis
}

export interface NotifiedPage {
  readonly users: readonly UserId[]
  readonly cursor: number
}

/** All methods reject with the problem `store_unavailable` when the store cannot be reached. */
export interface UserStore extends GuessLedger {
  /** Adds a user under its folded name; false, and nothing has changed, when that is taken. */
  addUser(key: NameKey, account: Account): Promise<boolean>
  userById(id: UserId): Promise<User | null>
  accountById(id: UserId): Promise<Account | null>
  accountByName(key: NameKey): Promise<Account | null>
  /** Changes what is given and leaves the rest; null for an unknown user. */
  changeProfile(id: UserId, changes: ProfileChanges): Promise<User | null>
  /** Changes a user's role, which tokens have from their next issue on; false for an unknown user. */
  setRole(id: UserId, role: Role): Promise<boolean>
  /** Refuses a user's log-ins from a moment on, or with null allows them; false for an unknown user. */
  setDisabled(id: UserId, since: Millis | null): Promise<boolean>
  /**
   * Whether an admin beside this user can sign in. Reads all users on its way: for a command, not for
   * requests.
   */
  hasOtherAdmin(id: UserId): Promise<boolean>
  /**
   * Replaces the password's hash while it is still `from`, and with it ends all sessions of the user
   * but `keep`, if that is one. Resolves with what the feed says of it; null, and nothing has
   * changed, when the hash is another one.
   */
  changePassword(change: PasswordChange): Promise<UserRevocation | null>

  /** Opens a session, and ends the user's oldest where there are {@link sessionsPerUser} already. */
  openSession(session: NewSession): Promise<OpenedSession>
  /**
   * Replaces the refresh token if `presented` is the good one, and says so again for the one before
   * it for a moment; any other token of the session shows that one was stolen, so the session ends
   * with it.
   */
  rotateSession(rotation: Rotation): Promise<RotationResult>
  /** Ends a session and tells the feed; ending an ended one changes nothing. */
  endSession(id: SessionId, at: Millis): Promise<void>
  /** Ends all sessions of a user by one entry in the feed, however many there are. */
  endSessionsOf(user: UserId, at: Millis): Promise<UserRevocation>
  /**
   * Ends of sessions after a cursor, oldest first, without those whose access tokens have all expired
   * at `now`. The cursor of an empty page is where the feed stands. A cursor is a place in the store:
   * one page may be read through this process and the next through another copy of the service, and
   * no entry may ever appear behind a cursor that was given out (see `RevocationPage`).
   */
  revocations(after: number, now: Millis, limit: number): Promise<RevocationPage>

  /** Records a change unless one of the same order with the same or a higher sequence is there. */
  recordOrderStatus(change: OrderStatusChange, at: Millis): Promise<boolean>
  /** A user's notifications after the one with id `after` (0 for all), oldest first. */
  notifications(user: UserId, after: number, limit: number): Promise<readonly Notification[]>
  /** Id of a user's newest notification, 0 when there is none; every later one has a higher id. */
  lastNotification(user: UserId): Promise<number>
  /**
   * Who got notifications, through whichever copy of the service, after a cursor of this feed, which
   * is not an id of theirs; none may appear behind a cursor that was given out. At most `limit`
   * notifications are looked at, and a page without users is the end. Null asks for the end alone.
   */
  notified(after: number | null, limit: number): Promise<NotifiedPage>

  /**
   * Drops up to `limit` rows of each kind that mean nothing any more at `now`; resolves with how many of
   * the kind that had most, 0 where they lapse by themselves.
   */
  sweep(now: Millis, limit: number): Promise<number>
  /** Throws when the store cannot be reached. */
  check(): Eventually<void>
  close(): Promise<void>
}
