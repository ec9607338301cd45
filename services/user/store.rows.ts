/** What the columns of a user and of a notification stand for; the stores name them alike. */
import type { Role } from '../../core/http/caller.ts'
import type { OrderId, UserId } from '../../core/values/ids.ts'
import type { Millis } from '../../core/values/time.ts'
import type { Notification } from './notifications.ts'
import type { Account, User } from './users.ts'

export interface UserRow {
  readonly id: UserId
  readonly username: string
  readonly full_name: string
  readonly phone: string | null
  readonly role: Role
  readonly password_hash: string
  readonly created_at: Millis
  readonly disabled_at: Millis | null
}

export interface NotificationRow {
  readonly id: number
  readonly order_id: OrderId
  readonly sequence: number
  readonly status: string
  readonly updated_at: Millis
}

export const toUser = (row: UserRow): User => ({
  id: row.id,
  username: row.username,
  fullName: row.full_name,
  phone: row.phone,
  role: row.role,
  createdAt: row.created_at,
})

export const toAccount = (row: UserRow): Account => ({
  ...toUser(row),
  passwordHash: row.password_hash,
  disabledAt: row.disabled_at,
})

export const toNotification = (user: UserId, row: NotificationRow): Notification => ({
  id: row.id,
  order: row.order_id,
  user,
  status: row.status,
  updatedAt: row.updated_at,
  sequence: row.sequence,
})
