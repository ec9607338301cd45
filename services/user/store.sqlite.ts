/** Users in one SQLite file: every conditional write is one command of the group commit. */
import {
  revocationLife,
  type Revocation,
  type UserRevocation,
} from '../../core/auth/revocations.ts'
import { firstEpoch, nextEpoch } from '../../core/auth/session-epoch.ts'
import { openDatabase } from '../../core/sqlite/database.ts'
import { newId, type SessionId, type UserId } from '../../core/values/ids.ts'
import type { Millis } from '../../core/values/time.ts'
import { migrations } from './migrations.sqlite.ts'
import { notificationLife } from './notifications.ts'
import { toAccount, toNotification, toUser } from './store.rows.ts'
import { isRepeated, sessionsPerUser, type UserStore } from './store.ts'
import { statementsOf, type EndedSession, type RevocationRow } from './store.sqlite.statements.ts'

export interface SqliteUserStoreOptions {
  readonly path: string
  readonly observe?: (operation: string, milliseconds: number) => void
}

/** Sessions of one user that one write deletes: an earlier build kept any number of them. */
const slice = 200

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

  /** What is left of more sessions than a slice has a former epoch, and lapses. */
  function endAll(user: UserId, keep: SessionId | null, at: Millis): UserRevocation {
    const epoch = nextEpoch(sql.epoch.get(user)?.epoch ?? firstEpoch, at)
    const kept = keep !== null && sql.keepSession.run(epoch, keep, user, at).changes === 1
    const revocation = { user, epoch, keep: kept ? keep : null, endedAt: at }
    sql.setEpoch.run(epoch, user)
    sql.endSessionsOf.run(user, revocation.keep, slice)
    sql.addUserRevocation.run(newId(at), at, user, epoch, revocation.keep)
    return revocation
  }

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
        const { id, username, fullName, phone, role, passwordHash, createdAt, disabledAt } = account
        const { changes } = sql.addUser.run(
          key,
          id,
          username,
          fullName,
          phone,
          role,
          passwordHash,
          createdAt,
          disabledAt,
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

    setRole: (id, role) => database.write(() => sql.setRole.run(role, id).changes === 1),

    setDisabled: (id, since) => database.write(() => sql.setDisabled.run(since, id).changes === 1),

    async hasOtherAdmin(id) {
      return sql.twoAdmins.all().some((admin) => admin.id !== id)
    },

    changePassword: ({ user, from, to, keep, at }) =>
      database.write(() => {
        const { changes } = sql.changePassword.run(to, user, from)
        return changes === 0 ? null : endAll(user, keep, at)
      }),

    openSession: ({ id, user, refreshHash, at, expiresAt }) =>
      database.write(() => {
        const epoch = sql.epoch.get(user)?.epoch ?? firstEpoch
        const ended = sql.endOldSessions.all(user, slice, sessionsPerUser - 1)
        sql.openSession.run(id, user, refreshHash, at, at, expiresAt, epoch)
        return { epoch, ended: revokeAll(ended, at) }
      }),

    rotateSession({ id, presented, next, nextElsewhere, at, expiresAt, startedAfter }) {
      return database.write(() => {
        const rotated = sql.rotate.get(next, at, expiresAt, id, presented, at, startedAfter)
        if (rotated !== undefined) {
          return { kind: 'rotated', user: rotated.user_id, epoch: rotated.epoch } as const
        }
        const row = sql.goodSession.get(id, at, startedAfter)
        if (row === undefined) return { kind: 'unknown' } as const
        const { user_id: user, epoch, refresh_hash: current, issued_at: issuedAt } = row
        if (isRepeated({ current, issuedAt }, { next, nextElsewhere, at })) {
          return { kind: 'repeated', user, epoch, next: current } as const
        }
        sql.endSession.run(id)
        revoke(id, issuedAt, at)
        return { kind: 'reused' } as const
      })
    },

    endSession: (id, at) =>
      database.write(() => {
        sql.endSession.run(id)
        // Also where the row is gone, as after a restored copy: the caller holds a token of it.
        sql.addRevocation.run(id, at)
      }),

    endSessionsOf: (user, at) => database.write(() => endAll(user, null, at)),

    async revocations(after, now, limit) {
      const rows = sql.revocations.all(after, now - revocationLife, limit)
      return {
        entries: rows.map(toRevocation),
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

const toRevocation = (row: RevocationRow): Revocation =>
  row.user_id === null || row.epoch === null
    ? { session: row.session_id, endedAt: row.ended_at }
    : { user: row.user_id, epoch: row.epoch, keep: row.keep_session, endedAt: row.ended_at }
