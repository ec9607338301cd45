/** Who sent a request, as proved by its token. */
import type { SessionId, UserId } from '../values/ids.ts'
import type { ServiceName } from '../values/service-name.ts'

export type Role = 'user' | 'admin'

export interface UserCaller {
  readonly kind: 'user'
  readonly id: UserId
  readonly role: Role
  readonly session: SessionId
}

export interface ServiceCaller {
  readonly kind: 'service'
  readonly name: ServiceName
}

export type Caller = UserCaller | ServiceCaller

/** Reads an Authorization header; throws `not_authenticated`. A promise only while keys are fetched. */
export type Authenticate = (authorization: string | null) => Caller | Promise<Caller>
