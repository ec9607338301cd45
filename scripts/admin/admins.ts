/** Makes admins, by the user service's own rules and beside the service that may be running. */
import type { Config } from '../../core/config/config.ts'
import type { commonSettings } from '../../core/config/common.ts'
import { createPasswords } from '../../core/auth/password.ts'
import { Problem } from '../../core/http/problem.ts'
import { compileValidator, type Issue } from '../../core/http/validation.ts'
import { systemClock } from '../../core/values/time.ts'
import { createAccounts, type Registration } from '../../services/user/accounts.ts'
import { demoAccounts } from '../../services/user/demo-accounts.ts'
import { Registration as RegistrationSchema } from '../../services/user/schemas.ts'
import type { UserStore } from '../../services/user/store.ts'
import { nameKeyOf } from '../../services/user/users.ts'

type Profile = Config<typeof commonSettings>['PROFILE']

export interface Admins {
  /** Adds an admin; false when the name is taken. Throws one sentence when a rule is broken. */
  create(registration: Registration): Promise<boolean>
  /** Makes a user an admin and ends that user's sessions. */
  promote(username: string): Promise<'promoted' | 'was one already' | 'unknown'>
  close(): Promise<void>
}

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
      requireGood(registration, profile)
      return accounts.add(registration, 'admin')
    },
    promote: (username) => promote(store, username),
    close: () => store.close(),
  }
}

/** The rules of `POST /users/register`, and none of the passwords that the documentation prints. */
function requireGood(registration: Registration, profile: Profile): void {
  const { username, password, fullName, phone } = registration
  try {
    validate({ username, password, full_name: fullName, phone })
  } catch (error) {
    throw error instanceof Problem ? new Error(sentences(error), { cause: error }) : error
  }
  if (profile === 'production' && demoAccounts.some((each) => each.password === password)) {
    throw new Error(
      'That is the password of a demo account, which PROFILE=production refuses: choose another.',
    )
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

/**
 * The sessions end before the role changes: whoever holds a token of before, stolen perhaps, must not
 * turn into an admin with it at the next refresh. A crash between the two leaves a user who has to
 * sign in again.
 */
async function promote(store: UserStore, username: string): ReturnType<Admins['promote']> {
  const account = await store.accountByName(nameKeyOf(username))
  if (account === null) return 'unknown'
  if (account.role === 'admin') return 'was one already'
  await store.endSessionsOf(account.id, systemClock.now())
  return (await store.makeAdmin(account.id)) ? 'promoted' : 'unknown'
}
