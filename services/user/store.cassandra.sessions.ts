/**
 * Sessions on Cassandra: rows of their user's partition, so that one conditional write can change
 * the password and end them. A session is good while its epoch is its user's; whatever ends all
 * sessions begins a new epoch, and takes along the one that goes on.
 */
import { createTurns } from '../../core/resilience/queues.ts'
import { rounds } from '../../core/cassandra/rounds.ts'
import { settle } from '../../core/cassandra/settle.ts'
import type { BoundWrite } from '../../core/cassandra/statement.ts'
import { newId, type SessionId, type UserId } from '../../core/values/ids.ts'
import type { Millis } from '../../core/values/time.ts'
import { isRecent, isUnended, type Endings } from './store.cassandra.endings.ts'
import { operationLife, type SessionRow, type Statements } from './store.cassandra.statements.ts'
import type { RotationResult, UserStore } from './store.ts'

type SessionMethods = Pick<
  UserStore,
  'openSession' | 'rotateSession' | 'endSession' | 'endSessionsOf' | 'changePassword'
>

/** Seconds that rows outlive what they hold; the clock says when that lapses. */
const margin = 86_400

export function createSessionStore(sql: Statements, endings: Endings): SessionMethods {
  /** Writes to a user's partition, one after another. */
  const turn = createTurns<UserId>()

  /** Ends one session unless its row has changed since it was read. */
  async function end(
    user: UserId,
    session: SessionId,
    row: SessionRow | undefined,
    at: Millis,
    isTold: boolean,
  ): Promise<boolean> {
    const ending = isTold ? await endings.announce(user, session) : null
    const operation = ending?.operation ?? newId<string>()
    const hash = row?.refresh_hash ?? null
    const { applied } = await settle(
      () => sql.endSession.run(operationLife, at, operation, user, session, hash),
      async () => (await sql.sessionSettled.get(user, session))?.ended_by === operation,
    )
    if (ending === null) return applied
    if (applied) await endings.tell(ending, [session])
    else await endings.drop(ending)
    return applied
  }

  /**
   * Begins an epoch with `writesOf`, if the epoch is still `before`; resolves with the sessions that
   * the feed was told of, or with null where another write was faster.
   */
  async function beginEpoch(
    user: UserId,
    before: number | null,
    at: Millis,
    writesOf: (next: number) => readonly BoundWrite[],
  ) {
    const ending = await endings.announce(user, null)
    const next = (before ?? 0) + 1
    const outcome = await settle(
      () => sql.beginEpoch.run([...writesOf(next), sql.noteOperation.bind(ending.operation, user)]),
      async () => (await sql.operations.get(user))?.operations?.has(ending.operation) === true,
    )
    if (!outcome.applied) {
      await endings.drop(ending)
      return null
    }
    // Read after the change: nobody can open, or go on with, a session of the former epoch any more.
    const ended = await endings.endedBy(user, at, (epoch) => epoch === next - 1)
    await endings.tell(ending, ended)
    return ended
  }

  const openSession: UserStore['openSession'] = async (session) => {
    const { id, user, refreshHash, at, expiresAt } = session
    const seconds = lifeOf(at, expiresAt)
    await sql.setOwner.run(id, user, seconds)
    await turn(user, () =>
      rounds(async () => {
        const epoch = await epochOf(user)
        const own = epoch ?? undefined
        const { applied } = await settle(
          () => sql.openSession.run(seconds, refreshHash, at, expiresAt, own, user, id, epoch),
          async () => (await sql.sessionSettled.get(user, id))?.refresh_hash === refreshHash,
        )
        return applied ? true : null
      }),
    )
  }

  async function epochOf(user: UserId): Promise<number | null> {
    const account = await sql.account.get(user)
    if (account !== undefined) return account.epoch
    // Sessions of an id without an account are nobody's, and kept all the same.
    return (await sql.operations.get(user))?.epoch ?? null
  }

  const rotateSession: UserStore['rotateSession'] = async ({
    id,
    presented,
    next,
    at,
    expiresAt,
  }) => {
    const user = (await sql.owner.get(id))?.user_id
    if (user === undefined) return { kind: 'unknown' }
    const seconds = lifeOf(at, expiresAt)
    return turn(user, () =>
      rounds(async (): Promise<RotationResult | null> => {
        const row = await sql.session.get(user, id)
        if (row === undefined || !isGood(row, at)) return { kind: 'unknown' }
        if (row.refresh_hash === presented) {
          // The owner's row has to outlive the session's.
          await sql.setOwner.run(id, user, seconds)
          const own = row.session_epoch ?? undefined
          const { applied } = await settle(
            () => sql.rotate.run(seconds, next, at, expiresAt, own, user, id, presented, row.epoch),
            async () => (await sql.sessionSettled.get(user, id))?.refresh_hash === next,
          )
          return applied ? { kind: 'rotated', user } : null
        }
        return (await end(user, id, row, at, isRecent(row, at))) ? { kind: 'reused' } : null
      }),
    )
  }

  const endSession: UserStore['endSession'] = async (id, at) => {
    // A session that is not there, as after a restored copy, ends under its own id: the caller holds
    // a token of it.
    const user = (await sql.owner.get(id))?.user_id ?? (id as string as UserId)
    await turn(user, () =>
      rounds(async () => {
        const row = await sql.session.get(user, id)
        if (row !== undefined && row.ended_at !== null) return true
        // Whoever began the present epoch has told of it.
        if (row !== undefined && isUnended(row) && !isOfEpoch(row)) return true
        return (await end(user, id, row, at, true)) ? true : null
      }),
    )
  }

  const endSessionsOf: UserStore['endSessionsOf'] = (user, at) =>
    turn(user, () =>
      rounds(async () => {
        const before = await epochOf(user)
        return beginEpoch(user, before, at, (next) => [sql.setEpoch.bind(next, user, before)])
      }),
    )

  const changePassword: UserStore['changePassword'] = ({ user, from, to, keep, at }) =>
    turn(user, async () => {
      const change = await rounds(async () => {
        const account = await sql.account.get(user)
        if (account?.password_hash !== from) return { ended: null }
        const { epoch } = account
        const kept = await sql.session.get(user, keep)
        const ended = await beginEpoch(user, epoch, at, (next) => [
          sql.setPassword.bind(to, next, user, from, epoch),
          ...(kept !== undefined && isGood(kept, at) && kept.expires_at !== null
            ? [sql.keepSession.bind(lifeOf(at, kept.expires_at), next, user, keep)]
            : []),
        ])
        return ended === null ? null : { ended }
      })
      return change.ended
    })

  return { openSession, rotateSession, endSession, endSessionsOf, changePassword }
}

const isOfEpoch = ({ session_epoch: own, epoch }: SessionRow): boolean =>
  (own ?? 0) === (epoch ?? 0)

const isGood = (row: SessionRow, at: Millis): boolean =>
  isUnended(row) && row.expires_at !== null && row.expires_at > at && isOfEpoch(row)

const lifeOf = (at: Millis, expiresAt: Millis): number =>
  Math.max(0, Math.ceil((expiresAt - at) / 1000)) + margin
