/** What a user is, and when two names are one name. */
import type { Role } from '../../core/http/caller.ts'
import type { Brand } from '../../core/values/brand.ts'
import type { UserId } from '../../core/values/ids.ts'
import type { Millis } from '../../core/values/time.ts'

/** A username as it is compared: names that only differ in case or in Unicode form are one name. */
export type NameKey = Brand<string, 'NameKey'>

export interface User {
  readonly id: UserId
  /** As it was typed at registration. */
  readonly username: string
  readonly fullName: string
  readonly phone: string | null
  readonly role: Role
  readonly createdAt: Millis
}

/** A user with what only a log-in may see. */
export interface Account extends User {
  readonly passwordHash: string
  /** Since when an operator refuses the user's log-ins; null for a user who may sign in. */
  readonly disabledAt: Millis | null
}

/** What users may change about themselves. */
export interface ProfileChanges {
  readonly fullName?: string
  readonly phone?: string | null
}

/**
 * Folds a name: NFKC, lower case, and NFKC again, since lowering can undo the form (Unicode 16,
 * section 3.13, "toNFKC_Casefold" without its default-ignorable step: names cannot hold such
 * characters).
 */
export const nameKeyOf = (username: string): NameKey =>
  username.normalize('NFKC').toLowerCase().normalize('NFKC') as NameKey
