/** Makes admins and takes users their rights, by the user service's own rules and beside the service that may be running. */
import type { Config } from '../../core/config/config.ts'
import type { commonSettings } from '../../core/config/common.ts'
import { createPasswords } from '../../core/auth/password.ts'
import { Problem } from '../../core/http/problem.ts'
import { compileValidator, type Issue } from '../../core/http/validation.ts'
import { systemClock } from '../../core/values/time.ts'
import { createAccounts, type Registration } from '../../services/user/accounts.ts'
import { demoAccounts } from '../../services/user/demo-accounts.ts'
import { requireOneScript } from '../../services/user/name-scripts.ts'
import { Registration as RegistrationSchema } from '../../services/user/schemas.ts'
import type { UserStore } from '../../services/user/store.ts'
import { nameKeyOf, type Account } from '../../services/user/users.ts'

type Profile = Config<typeof commonSettings>['PROFILE']

export interface Admins {
  /** Adds an admin; false when the name is taken. Throws one sentence when a rule is broken. */
  create(registration: Registration): Promise<boolean>
  /** Does it to a user and ends that user's sessions, except where it is so already. */
  change(username: string, change: UserChange, options?: ChangeOptions): Promise<ChangeOutcome>
  close(): Promise<void>
}

/** What can be done to a user; `demote` makes one that is no admin any more. */
export type UserChange = (typeof userChanges)[number]
export const userChanges = ['promote', 'demote', 'disable', 'enable'] as const

export interface ChangeOptions {
  /** Also where nobody could administrate the shop afterwards. */
  readonly force?: boolean
}

export type ChangeOutcome = 'done' | 'was so already' | 'unknown user' | 'last admin'

const validate = compileValidator(RegistrationSchema)

/** On the user service's store, which is closed with it. */
export function createAdmins(store: UserStore, profile: Profile): Admins {
  const accounts = createAccounts({
    store,
    clock: systemClock,
    passwords: createPasswords({ concurrency: 1, queue: 64 }),
    // Nobody signs in here, and nothing is counted.
    limits: { attempt: (_who, guess) => guess() },
    metrics: { registered() {}, login() {} },
  })

  return {
    async create(registration) {
      return accounts.add(good(registration, profile), 'admin')
    },
    change: (username, change, { force = false } = {}) =>
      changeUser(store, username, change, force),
    close: () => store.close(),
  }
}

/** The rules of `POST /users/register`, and none of the passwords that the documentation prints. */
function good(registration: Registration, profile: Profile): Registration {
  const { username, password, full_name: fullName, phone = null } = validated(registration)
  if (profile === 'production' && demoAccounts.some((each) => each.password === password)) {
    throw new Error(
      'That is the password of a demo account, which PROFILE=production refuses: choose another.',
    )
  }
  return { username, password, fullName, phone }
}

function validated({ username, password, fullName, phone }: Registration) {
  try {
    requireOneScript(username)
    return validate({ username, password, full_name: fullName, phone })
  } catch (error) {
    // oxlint-disable-next-line preserve-caught-error -- all that it says is in these sentences
    throw error instanceof Problem ? new Error(sentences(error)) : error
  }
}

/** A request's mistakes as a person reads them. */
function sentences({ extra }: Problem): string {
  // The validator's problem carries them.
  const issues = extra['errors'] as readonly Issue[]
  return issues
    .map(({ path, message }) => `The ${path.slice(1).replace('_', ' ')} ${message}.`)
    .join('\n')
}

interface Step {
  /** True where there is nothing to do. */
  readonly isSo: (account: Account) => boolean
  readonly apply: (store: UserStore, account: Account) => Promise<boolean>
  /** An admin is lost by it. */
  readonly takes: boolean
}

const now = systemClock.now

const steps: Readonly<Record<UserChange, Step>> = {
  // The sessions end before the role changes: an older token, perhaps a stolen one, must not
  // become an admin's at the next refresh. A crash between the two leaves a user who has
  // to sign in again.
  promote: {
    isSo: ({ role }) => role === 'admin',
    async apply(store, { id }) {
      await store.endSessionsOf(id, now())
      return store.setRole(id, 'admin')
    },
    takes: false,
  },
  // And after it where something is taken away: no session that begins between the two may keep it.
  demote: {
    isSo: ({ role }) => role !== 'admin',
    async apply(store, { id }) {
      const known = await store.setRole(id, 'user')
      await store.endSessionsOf(id, now())
      return known
    },
    takes: true,
  },
  disable: {
    isSo: ({ disabledAt }) => disabledAt !== null,
    async apply(store, { id }) {
      const known = await store.setDisabled(id, now())
      await store.endSessionsOf(id, now())
      return known
    },
    takes: true,
  },
  enable: {
    isSo: ({ disabledAt }) => disabledAt === null,
    apply: (store, { id }) => store.setDisabled(id, null),
    takes: false,
  },
}

async function changeUser(
  store: UserStore,
  username: string,
  change: UserChange,
  force: boolean,
): Promise<ChangeOutcome> {
  const account = await store.accountByName(nameKeyOf(username))
  if (account === null) return 'unknown user'
  const { isSo, apply, takes } = steps[change]
  if (isSo(account)) {
    // A crash may have come between the two halves of the same command.
    if (takes) await store.endSessionsOf(account.id, now())
    return 'was so already'
  }
  const isAdmin = account.role === 'admin' && account.disabledAt === null
  if (takes && isAdmin && !force && !(await store.hasOtherAdmin(account.id))) return 'last admin'
  return (await apply(store, account)) ? 'done' : 'unknown user'
}
