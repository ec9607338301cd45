/** Changing a password: proved by the current one, decided by one conditional write. */
import type { LoginLimits } from '../../core/auth/login-limits.ts'
import type { Passwords } from '../../core/auth/password.ts'
import type { Revocations } from '../../core/auth/revocations.ts'
import { problem } from '../../core/http/problem.ts'
import type { Deadline } from '../../core/resilience/deadline.ts'
import type { SessionId, UserId } from '../../core/values/ids.ts'
import type { Clock } from '../../core/values/time.ts'
import type { UserStore } from './store.ts'
import { nameKeyOf } from './users.ts'

export interface PasswordChangeRequest {
  readonly user: UserId
  /** The session that asks, which goes on; all others end. */
  readonly session: SessionId
  readonly current: string
  readonly next: string
  /** The client's address, which has a limit of its own. */
  readonly address: string
  readonly deadline: Deadline
}

/** @throws password_unchanged, password_wrong, too_many_attempts, not_authenticated, overloaded */
export type ChangePassword = (request: PasswordChangeRequest) => Promise<void>

export interface PasswordChangeOptions {
  readonly store: Pick<UserStore, 'accountById' | 'changePassword'>
  readonly passwords: Passwords
  /** Those of the log-in: who holds a stolen token guesses no faster here than there. */
  readonly limits: LoginLimits
  /** This process's own set, so that it refuses an ended session without waiting for the feed. */
  readonly revoked: Pick<Revocations, 'add'>
  readonly clock: Clock
}

export function createPasswordChange(options: PasswordChangeOptions): ChangePassword {
  const { store, passwords, limits, revoked, clock } = options
  return async function changePassword(request) {
    const { user, session, current, next, address, deadline } = request
    // About the two texts of one request alone, so it tells nothing about the account.
    if (current.normalize('NFKC') === next.normalize('NFKC')) throw problem('password_unchanged')
    const account = await store.accountById(user)
    // A token outlives its user only where the store was put back to an older copy.
    if (account === null) throw problem('not_authenticated')
    const who = { account: nameKeyOf(account.username), address, deadline }
    const right = await limits.attempt(who, async () =>
      (await passwords.verify(account.passwordHash, current, address)) ? account : null,
    )
    if (right === null) throw problem('password_wrong')
    const to = await passwords.hash(next, address)
    const at = clock.now()
    const ended = await store.changePassword({
      user,
      from: account.passwordHash,
      to,
      keep: session,
      at,
    })
    // Another change was faster, so what was the current password is none any more.
    if (ended === null) throw problem('password_wrong')
    revoked.add(ended)
  }
}
