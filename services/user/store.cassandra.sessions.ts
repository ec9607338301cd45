/**
 * Sessions on Cassandra: rows of their user's partition, so that one conditional write can change
 * the password and end them. A session is good while its epoch is its user's; whatever ends all
 * sessions begins a new epoch, and takes along the one that goes on.
 */
import { createTurns } from '../../core/resilience/queues.ts'
import { rounds } from '../../core/cassandra/rounds.ts'
import { settle } from '../../core/cassandra/settle.ts'
import type { BoundWrite } from '../../core/cassandra/statement.ts'
import type { UserRevocation } from '../../core/auth/revocations.ts'
import { firstEpoch, nextEpoch } from '../../core/auth/session-epoch.ts'
import { newId, type SessionId, type UserId } from '../../core/values/ids.ts'
import type { Millis } from '../../core/values/time.ts'
import { isRecent, isUnended, type Endings } from './store.cassandra.endings.ts'
import {
  operationLife,
  type OpenSessionsRow,
  type SessionRow,
  type Statements,
} from './store.cassandra.statements.ts'
import { isRepeated, sessionsPerUser, type RotationResult, type UserStore } from './store.ts'

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
    const ending = isTold ? await endings.announce(user, { session }) : null
    const operation = ending?.operation ?? newId<string>()
    const hash = row?.refresh_hash ?? null
    const { applied } = await settle(
      () => sql.endSession.run(operationLife, at, operation, session, user, session, hash),
      async () => (await sql.sessionSettled.get(user, session))?.ended_by === operation,
    )
    if (ending === null) return applied
    if (applied) await endings.tell(ending)
    else await endings.drop(ending)
    return applied
  }

  /** Begins an epoch, if that is still `before`; null where another write was faster. */
  async function beginEpoch(
    user: UserId,
    before: number | null,
    keep: SessionId | null,
    at: Millis,
    writesOf: (next: number) => readonly BoundWrite[],
  ): Promise<UserRevocation | null> {
    const epoch = nextEpoch(before ?? firstEpoch, at)
    const ending = await endings.announce(user, { epoch, keep })
    const outcome = await settle(
      () =>
        sql.beginEpoch.run([...writesOf(epoch), sql.noteOperation.bind(ending.operation, user)]),
      async () => (await sql.operations.get(user))?.operations?.has(ending.operation) === true,
    )
    if (!outcome.applied) {
      await endings.drop(ending)
      return null
    }
    await endings.tell(ending)
    return { user, epoch, keep, endedAt: ending.at }
  }

  // Sessions of an id without an account are nobody's, and kept all the same.
  const openSessionsOf = async (user: UserId): Promise<OpenSessionsRow> =>
    (await sql.openSessions.get(user)) ??
    (await sql.operations.get(user)) ?? { epoch: null, open_sessions: null }

  /**
   * Ends what was not used for longest where one more would be too many. Two instances that open one
   * at once may leave one too many, which the next to be opened takes along.
   */
  async function makeRoom(
    user: UserId,
    { epoch, open_sessions: open }: OpenSessionsRow,
    at: Millis,
  ): Promise<readonly SessionId[]> {
    if (open === null || open.size < sessionsPerUser) return []
    const oldest = [...open].toSorted(([, one], [, other]) => one - other)
    const ended: SessionId[] = []
    for (const [id] of oldest.slice(0, open.size - sessionsPerUser + 1)) {
      const row = await sql.session.get(user, id)
      if (row === undefined || !isUnended(row)) await sql.forgetSession.run(id, user, epoch)
      else if (await end(user, id, row, at, isRecent(row, at))) ended.push(id)
    }
    return ended
  }

  const openSession: UserStore['openSession'] = async (session) => {
    const { id, user, refreshHash, at, expiresAt } = session
    const seconds = lifeOf(at, expiresAt)
    await sql.setOwner.run(id, user, seconds)
    const ended: SessionId[] = []
    const epoch = await turn(user, () =>
      rounds(async () => {
        const before = await openSessionsOf(user)
        ended.push(...(await makeRoom(user, before, at)))
        const current = before.epoch
        const own = current ?? undefined
        const { applied } = await settle(
          () =>
            sql.openSession.run(
              seconds,
              refreshHash,
              at,
              at,
              expiresAt,
              own,
              id,
              at,
              user,
              id,
              current,
            ),
          async () => (await sql.sessionSettled.get(user, id))?.refresh_hash === refreshHash,
        )
        return applied ? (current ?? firstEpoch) : null
      }),
    )
    return { epoch, ended }
  }

  const rotateSession: UserStore['rotateSession'] = async (rotation) => {
    const { id, presented, next, at, expiresAt, startedAfter } = rotation
    const user = (await sql.owner.get(id))?.user_id
    if (user === undefined) return { kind: 'unknown' }
    const seconds = lifeOf(at, expiresAt)
    return turn(user, () =>
      rounds(async (): Promise<RotationResult | null> => {
        const row = await sql.session.get(user, id)
        if (row === undefined || !isGood(row, at)) return { kind: 'unknown' }
        const { refresh_hash: current, issued_at: issuedAt, epoch } = row
        const startedAt = row.started_at ?? issuedAt ?? at
        if (startedAt <= startedAfter) return { kind: 'unknown' }
        if (current === presented) {
          // The owner's row has to outlive the session's.
          await sql.setOwner.run(id, user, seconds)
          const own = row.session_epoch ?? undefined
          const { applied } = await settle(
            () =>
              sql.rotate.run(
                seconds,
                next,
                at,
                startedAt,
                expiresAt,
                own,
                id,
                at,
                user,
                id,
                presented,
                epoch,
              ),
            async () => (await sql.sessionSettled.get(user, id))?.refresh_hash === next,
          )
          return applied ? { kind: 'rotated', user, epoch: epoch ?? firstEpoch } : null
        }
        if (current !== null && isRepeated({ current, issuedAt }, rotation)) {
          return { kind: 'repeated', user, epoch: epoch ?? firstEpoch, next: current }
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
        // The process that began the present epoch has written it to the feed.
        if (row !== undefined && isUnended(row) && !isOfEpoch(row)) return true
        return (await end(user, id, row, at, true)) ? true : null
      }),
    )
  }

  const endSessionsOf: UserStore['endSessionsOf'] = (user, at) =>
    turn(user, () =>
      rounds(async () => {
        const { epoch } = await openSessionsOf(user)
        return beginEpoch(user, epoch, null, at, (next) => [sql.setEpoch.bind(next, user, epoch)])
      }),
    )

  const changePassword: UserStore['changePassword'] = ({ user, from, to, keep, at }) =>
    turn(user, async () => {
      const change = await rounds(async () => {
        const account = await sql.account.get(user)
        if (account?.password_hash !== from) return { ended: null }
        const { epoch } = account
        const kept = await sql.session.get(user, keep)
        const ended = await (kept !== undefined && isGood(kept, at) && kept.expires_at !== null
          ? beginEpoch(user, epoch, keep, at, (next) => [
              sql.setPassword.bind(to, next, user, from, epoch),
              sql.keepSession.bind(lifeOf(at, kept.expires_at ?? at), next, keep, at, user, keep),
            ])
          : beginEpoch(user, epoch, null, at, (next) => [
              sql.setPassword.bind(to, next, user, from, epoch),
            ]))
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
