/**
 * Users on Cassandra: the account and its sessions are one partition, and a name belongs to whoever
 * wrote it into its own row. The account is complete before its name is taken, so no crash strands a
 * name; an account whose name is another's is nobody's.
 */
import { revocationLife, type Revocation } from '../../core/auth/revocations.ts'
import type { Keyspace } from '../../core/cassandra/keyspace.ts'
import { rounds } from '../../core/cassandra/rounds.ts'
import { settle } from '../../core/cassandra/settle.ts'
import { newId, type SessionId, type UserId } from '../../core/values/ids.ts'
import type { Clock } from '../../core/values/time.ts'
import { createEndings } from './store.cassandra.endings.ts'
import { createFeed, type FeedEntry } from './store.cassandra.feed.ts'
import { createGuessLedger } from './store.cassandra.guesses.ts'
import { createNotificationStore, notifiedLife } from './store.cassandra.notifications.ts'
import { createSessionStore } from './store.cassandra.sessions.ts'
import { declareStatements, type AccountRow } from './store.cassandra.statements.ts'
import { toAccount, toUser } from './store.rows.ts'
import type { UserStore } from './store.ts'

export { migrations } from './migrations.cassandra.ts'

export interface CassandraUserStoreOptions {
  readonly keyspace: Keyspace
  readonly clock: Clock
  /** Entries of a feed in one partition; see `createFeed`. */
  readonly feedBucketSize?: number
}

export async function openCassandraUserStore(
  options: CassandraUserStoreOptions,
): Promise<UserStore> {
  const { keyspace, clock, feedBucketSize: bucketSize } = options
  const sql = declareStatements(keyspace)
  await keyspace.prepare()
  const feedOptions = { sql, clock, ...(bucketSize !== undefined && { bucketSize }) }
  const revocations = createFeed<SessionId | UserId>({
    ...feedOptions,
    name: 'revocations',
    life: revocationLife,
  })
  const notified = createFeed<UserId>({ ...feedOptions, name: 'notified', life: notifiedLife })
  const endings = createEndings(sql, revocations, clock)

  const addUser: UserStore['addUser'] = async (key, account) => {
    if ((await sql.nameOwner.get(key)) !== undefined) return false
    const { id, username, fullName, phone, role, passwordHash, createdAt } = account
    const added = await settle(
      () =>
        sql.addAccount.run(
          id,
          key,
          username,
          fullName,
          phone ?? undefined,
          role,
          passwordHash,
          createdAt,
        ),
      async () => (await sql.accountSettled.get(id)) !== undefined,
    )
    if (!added.applied) throw new Error('The id of a new user is taken.')
    const taken = await settle(
      () => sql.takeName.run(key, id),
      async () => (await sql.nameOwnerSettled.get(key))?.user_id === id,
    )
    return taken.applied
  }

  async function accountRow(id: UserId): Promise<AccountRow | null> {
    const row = await sql.account.get(id)
    if (row === undefined) return null
    const owner = await sql.nameOwner.get(row.name_key)
    return owner?.user_id === id ? row : null
  }

  const changeProfile: UserStore['changeProfile'] = (id, changes) =>
    rounds(async () => {
      const row = await accountRow(id)
      if (row === null) return { user: null }
      const { fullName, phone } = changes
      const user = toUser(row)
      if (fullName === undefined && phone === undefined) return { user }
      const operation = newId<string>()
      const { applied } = await settle(
        () =>
          sql.changeProfile.run([
            sql.setProfile.bind(fullName, phone, operation, id, row.profile_revision),
            sql.noteOperation.bind(operation, id),
          ]),
        async () => (await sql.operations.get(id))?.operations?.has(operation) === true,
      )
      if (!applied) return null
      return {
        user: {
          ...user,
          ...(fullName !== undefined && { fullName }),
          ...(phone !== undefined && { phone }),
        },
      }
    }).then(({ user }) => user)

  const setRole: UserStore['setRole'] = (id, role) =>
    rounds(async () => {
      const row = await accountRow(id)
      if (row === null) return false
      if (row.role === role) return true
      const { applied } = await settle(
        () => sql.setRole.run(role, id, row.role),
        async () => (await sql.accountSettled.get(id))?.role === role,
      )
      return applied || null
    })

  const setDisabled: UserStore['setDisabled'] = async (id, since) => {
    const row = await accountRow(id)
    if (row === null) return false
    const { applied } = await settle(
      () => sql.setDisabled.run(since, id, row.name_key),
      async () => (await sql.accountSettled.get(id))?.disabled_at === since,
    )
    return applied
  }

  const hasOtherAdmin: UserStore['hasOtherAdmin'] = async (id) => {
    for await (const page of sql.roles.pages()) {
      for (const row of page) {
        const isAdmin = row.role === 'admin' && row.disabled_at === null && row.id !== id
        if (isAdmin && (await accountRow(row.id)) !== null) return true
      }
    }
    return false
  }

  return {
    ...createGuessLedger(sql, clock),

    addUser,

    async userById(id) {
      const row = await accountRow(id)
      return row === null ? null : toUser(row)
    },

    async accountById(id) {
      const row = await accountRow(id)
      return row === null ? null : toAccount(row)
    },

    async accountByName(key) {
      const owner = await sql.nameOwner.get(key)
      const row = owner === undefined ? undefined : await sql.account.get(owner.user_id)
      return row === undefined ? null : toAccount(row)
    },

    changeProfile,
    setRole,
    setDisabled,
    hasOtherAdmin,

    ...createSessionStore(sql, endings),

    async revocations(after, now, limit) {
      await endings.finish()
      const { entries, cursor } = await revocations.read(after, now, limit)
      return {
        entries: entries.map(toRevocation),
        cursor,
      }
    },

    ...createNotificationStore(sql, notified, clock),

    // Whatever ends by time carries its own end.
    async sweep() {
      await endings.finish()
      return 0
    },

    check: keyspace.check,
    close: keyspace.close,
  }
}

/** The subject is a user where there is an epoch, and a session otherwise. */
const toRevocation = ({ subject, at, epoch, keep }: FeedEntry<SessionId | UserId>): Revocation =>
  epoch === undefined
    ? { session: subject as SessionId, endedAt: at }
    : { user: subject as UserId, epoch, keep: keep ?? null, endedAt: at }
