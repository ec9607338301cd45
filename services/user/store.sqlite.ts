/** Users in one SQLite file: every conditional write is one command of the group commit. */
import { revocationLife } from '../../core/auth/revocations.ts'
import { openDatabase } from '../../core/sqlite/database.ts'
import type { SessionId } from '../../core/values/ids.ts'
import type { Millis } from '../../core/values/time.ts'
import { migrations } from './migrations.sqlite.ts'
import { notificationLife } from './notifications.ts'
import { toAccount, toNotification, toUser } from './store.rows.ts'
import type { UserStore } from './store.ts'
import { statementsOf, type EndedSession } from './store.sqlite.statements.ts'

export interface SqliteUserStoreOptions {
  readonly path: string
  readonly observe?: (operation: string, milliseconds: number) => void
}

export function openSqliteUserStore({ path, observe }: SqliteUserStoreOptions): UserStore {
  const database = openDatabase({
    path,
    migrations,
    service: 'user',
    ...(observe !== undefined && { observe }),
  })
  const sql = statementsOf(database)

  /** The feed needs a session only while an access token of it can be good. */
  function revoke(session: SessionId, issuedAt: Millis, at: Millis): boolean {
    if (issuedAt + revocationLife <= at) return false
    sql.addRevocation.run(session, at)
    return true
  }

  const revokeAll = (sessions: readonly EndedSession[], at: Millis): readonly SessionId[] =>
    sessions.filter(({ id, issued_at }) => revoke(id, issued_at, at)).map(({ id }) => id)

  return {
    change: (subject, change) =>
      database.write(() => {
        const row = sql.guesses.get(subject)
        // Written below as a list of numbers and never by anybody else.
        const before = row === undefined ? [] : (JSON.parse(row.times) as Millis[])
        const { guesses, keepUntil, result } = change(before)
        if (guesses.length > 0) sql.keepGuesses.run(subject, JSON.stringify(guesses), keepUntil)
        else if (row !== undefined) sql.dropGuesses.run(subject)
        return result
      }),

    addUser: (key, account) =>
      database.write(() => {
        const { id, username, fullName, phone, role, passwordHash, createdAt } = account
        const { changes } = sql.addUser.run(
          key,
          id,
          username,
          fullName,
          phone,
          role,
          passwordHash,
          createdAt,
        )
        return changes === 1
      }),

    async userById(id) {
      const row = sql.userById.get(id)
      return row === undefined ? null : toUser(row)
    },

    async accountById(id) {
      const row = sql.userById.get(id)
      return row === undefined ? null : toAccount(row)
    },

    async accountByName(key) {
      const row = sql.userByName.get(key)
      return row === undefined ? null : toAccount(row)
    },

    changeProfile: (id, { fullName, phone }) =>
      database.write(() => {
        if (fullName !== undefined) sql.setFullName.run(fullName, id)
        if (phone !== undefined) sql.setPhone.run(phone, id)
        const row = sql.userById.get(id)
        return row === undefined ? null : toUser(row)
      }),

    makeAdmin: (id) => database.write(() => sql.makeAdmin.run(id).changes === 1),

    changePassword: ({ user, from, to, keep, at }) =>
      database.write(() => {
        const { changes } = sql.changePassword.run(to, user, from)
        return changes === 0 ? null : revokeAll(sql.endOtherSessions.all(user, keep), at)
      }),

    openSession: ({ id, user, refreshHash, at, expiresAt }) =>
      database.write(() => {
        sql.openSession.run(id, user, refreshHash, at, expiresAt)
      }),

    rotateSession: ({ id, presented, next, at, expiresAt }) =>
      database.write(() => {
        const rotated = sql.rotate.get(next, at, expiresAt, id, presented, at)
        if (rotated !== undefined) return { kind: 'rotated', user: rotated.user_id } as const
        const ended = sql.endLiveSession.get(id, at)
        if (ended === undefined) return { kind: 'unknown' } as const
        revoke(id, ended.issued_at, at)
        return { kind: 'reused' } as const
      }),

    endSession: (id, at) =>
      database.write(() => {
        sql.endSession.run(id)
        // Also where the row is gone, as after a restored copy: the caller holds a token of it.
        sql.addRevocation.run(id, at)
      }),

    endSessionsOf: (user, at) => database.write(() => revokeAll(sql.endSessionsOf.all(user), at)),

    async revocations(after, now, limit) {
      const rows = sql.revocations.all(after, now - revocationLife, limit)
      return {
        entries: rows.map((row) => ({ session: row.session_id, endedAt: row.ended_at })),
        cursor: rows.at(-1)?.sequence ?? sql.feedPosition.get()?.seq ?? 0,
      }
    },

    recordOrderStatus: ({ order, user, status, updatedAt, sequence }, at) =>
      database.write(() => {
        const last = sql.lastSequence.get(order)?.sequence ?? null
        if (last !== null && last >= sequence) return false
        sql.addNotification.run(user, order, sequence, status, updatedAt, at)
        return true
      }),

    async notifications(user, after, limit) {
      return sql.notifications.all(user, after, limit).map((row) => toNotification(user, row))
    },

    async lastNotification(user) {
      return sql.lastNotification.get(user)?.id ?? 0
    },

    async notified(after, limit) {
      if (after === null) return { users: [], cursor: sql.notifiedPosition.get()?.seq ?? 0 }
      const rows = sql.notified.all(after, limit)
      return {
        users: [...new Set(rows.map((row) => row.user_id))],
        cursor: rows.at(-1)?.id ?? after,
      }
    },

    async sweep(now, limit) {
      // A transaction for each kind, so that none of them is long.
      const dropped = [
        await database.write(() => sql.sweepSessions.run(now, limit)),
        await database.write(() => sql.sweepRevocations.run(now - revocationLife, limit)),
        await database.write(() => sql.sweepGuesses.run(now, limit)),
        await database.write(() => sql.sweepNotifications.run(now - notificationLife, limit)),
      ]
      return Math.max(...dropped.map(({ changes }) => changes))
    },

    check: () => database.check(),
    close: () => database.close(),
  }
}
