/** The accounts of the demo profile, and the check that production has none of them. */
import type { Role } from '../../core/http/caller.ts'
import type { Accounts } from './accounts.ts'

interface DemoAccount {
  readonly username: string
  readonly password: string
  readonly fullName: string
  readonly role: Role
}

export const demoAccounts: readonly DemoAccount[] = [
  { username: 'admin', password: 'admin123', fullName: 'Demo Admin', role: 'admin' },
  { username: 'user1', password: 'user123', fullName: 'Demo User', role: 'user' },
  { username: 'testuser', password: 'test123', fullName: 'Test User', role: 'user' },
]

/** Adds those that are missing; one that is there stays as it is, its password included. */
export async function addDemoAccounts(accounts: Pick<Accounts, 'add'>): Promise<void> {
  for (const { role, ...registration } of demoAccounts) {
    await accounts.add({ ...registration, phone: null }, role)
  }
}

/** Throws one sentence when a demo account still has its demo password. */
export async function refuseDemoAccounts(accounts: Pick<Accounts, 'hasPassword'>): Promise<void> {
  for (const { username, password } of demoAccounts) {
    if (!(await accounts.hasPassword(username, password))) continue
    throw new Error(
      `The account "${username}" still has its demo password, which PROFILE=production refuses: ` +
        'start with an empty DATA_DIR, or change that password under PROFILE=demo first.',
    )
  }
}
