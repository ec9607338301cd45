/** Accounts: registering, and proving that somebody knows the password. */
import type { LoginLimits } from '../../core/auth/login-limits.ts'
import type { Passwords } from '../../core/auth/password.ts'
import type { Role } from '../../core/http/caller.ts'
import { Problem, problem } from '../../core/http/problem.ts'
import type { Deadline } from '../../core/resilience/deadline.ts'
import { newId, type UserId } from '../../core/values/ids.ts'
import type { Clock } from '../../core/values/time.ts'
import type { UserMetrics } from './metrics.ts'
import type { UserStore } from './store.ts'
import { lookalikeKeys, requireOneScript } from './name-scripts.ts'
import { nameKeyOf, type Account, type User } from './users.ts'

export interface Registration {
  readonly username: string
  readonly password: string
  readonly fullName: string
  readonly phone: string | null
}

export interface Credentials {
  readonly username: string
  readonly password: string
  /** The client's address, which has a limit of its own. */
  readonly address: string
  readonly deadline: Deadline
}

export interface Accounts {
  /**
   * `address` is the client's. A name that looks like one in another alphabet is taken as well.
   *
   * @throws username_taken, overloaded, validation_failed for a name of several alphabets
   */
  register(registration: Registration, address: string): Promise<User>
  /** @throws login_failed, too_many_attempts, overloaded */
  authenticate(credentials: Credentials): Promise<Account>
  /** Adds a user with a role, as no request can; false when the name is taken. */
  add(registration: Registration, role: Role): Promise<boolean>
  /** True when that account exists and has this password; counts as no guess. */
  hasPassword(username: string, password: string): Promise<boolean>
}

export interface AccountsOptions {
  readonly store: Pick<UserStore, 'addUser' | 'accountByName'>
  readonly passwords: Passwords
  readonly limits: LoginLimits
  readonly clock: Clock
  readonly metrics: Pick<UserMetrics, 'registered' | 'login'>
}

/** In place of a client's address where the process itself asks. */
const ourselves = ''

export function createAccounts(options: AccountsOptions): Accounts {
  const { store, passwords, limits, clock, metrics } = options

  async function create(
    registration: Registration,
    role: Role,
    address: string,
  ): Promise<User | null> {
    const { username, password, fullName, phone } = registration
    const key = nameKeyOf(username)
    // Saves the hash where the answer is known; what decides is the conditional write. Two names that
    // look alike and arrive within the time of a hash are both taken: nobody knows either yet.
    for (const taken of [key, ...lookalikeKeys(username)]) {
      if ((await store.accountByName(taken)) !== null) return null
    }
    const now = clock.now()
    const account: Account = {
      id: newId<UserId>(now),
      username,
      fullName,
      phone,
      role,
      createdAt: now,
      passwordHash: await passwords.hash(password, address),
      disabledAt: null,
    }
    return (await store.addUser(key, account)) ? account : null
  }

  /**
   * An unknown name costs the hash of a known one, and a disabled account is answered as a wrong
   * password is: what an account is like is nobody's business who cannot sign in (OWASP,
   * Authentication Cheat Sheet, "Authentication and Error Messages").
   */
  async function check(
    username: string,
    password: string,
    address: string,
  ): Promise<Account | null> {
    const account = await store.accountByName(nameKeyOf(username))
    const right =
      account === null
        ? await passwords.verifyDummy(password, address)
        : await passwords.verify(account.passwordHash, password, address)
    return right && account?.disabledAt === null ? account : null
  }

  return {
    async register(registration, address) {
      requireOneScript(registration.username)
      const user = await create(registration, 'user', address)
      if (user === null) throw problem('username_taken')
      metrics.registered()
      return user
    },

    async authenticate({ username, password, address, deadline }) {
      const who = { account: nameKeyOf(username), address, deadline }
      let user
      try {
        user = await limits.attempt(who, () => check(username, password, address))
      } catch (error) {
        if (error instanceof Problem && error.code === 'too_many_attempts') metrics.login('limited')
        throw error
      }
      metrics.login(user === null ? 'failure' : 'success')
      if (user === null) throw problem('login_failed')
      return user
    },

    async add(registration, role) {
      return (await create(registration, role, ourselves)) !== null
    },

    async hasPassword(username, password) {
      return (await check(username, password, ourselves)) !== null
    },
  }
}
