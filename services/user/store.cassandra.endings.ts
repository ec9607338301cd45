/**
 * Ends of sessions on their way into the feed. Session and feed are two partitions, so a crash can
 * come between them: what is to be told is written down before the session ends.
 *
 * ```
 *   writer   ending ──► session ends (conditional) ──► entry in the feed ──► ending dropped
 *   reader   endings that lie for a moment ──► has it come to pass? ──► entry in the feed ──► dropped
 * ```
 * An ending whose change never came is dropped in the end; an entry that comes twice does no harm.
 */
import { revocationLife } from '../../core/auth/revocations.ts'
import { firstEpoch } from '../../core/auth/session-epoch.ts'
import { newId, nilId, type SessionId, type UserId } from '../../core/values/ids.ts'
import { millis, type Clock, type Millis } from '../../core/values/time.ts'
import type { Feed, FeedEntry } from './store.cassandra.feed.ts'
import { type EndingRow, type SessionRow, type Statements } from './store.cassandra.statements.ts'

export interface Ending {
  /** Also the id of the conditional write that it announces. */
  readonly operation: string
  readonly at: Millis
  readonly user: UserId
  readonly scope: EndingScope
}

/** One session, or all of former epochs but one. */
export type EndingScope =
  | { readonly session: SessionId }
  /** The epoch is null in what an earlier build announced: then it is the present one. */
  | { readonly epoch: number | null; readonly keep: SessionId | null }

export interface Endings {
  /** Writes an ending down; the change may follow when it resolves, and has to follow soon. */
  announce(user: UserId, scope: EndingScope): Promise<Ending>
  /** Tells the feed what has ended, and drops the ending. */
  tell(ending: Ending): Promise<void>
  /** Drops an ending whose change was refused. */
  drop(ending: Ending): Promise<void>
  /** Tells what others have left untold, unless somebody has just looked. */
  finish(): Promise<void>
}

const bucketLength = 60_000
/** Milliseconds that whoever has announced an ending is left alone with it. */
const grace = 300
/** Milliseconds between two looks. */
const interval = 200
/** How late an ending may come into a time that was looked at, clocks that differ included. */
const lateness = 5_000
/** From then on a change that has not come will not: settling it takes a quarter of it at most. */
const patience = 60_000
/** Endings that are asked for at once. */
const atOnce = 64
/** Seconds that an ending is kept: no token is good for so long. */
const seconds = Math.ceil(revocationLife / 1000) + 600

export function createEndings(
  sql: Statements,
  feed: Feed<SessionId | UserId>,
  clock: Clock,
): Endings {
  let floor = millis(0)
  let lookedAt = -Infinity

  async function drop({ at, operation }: Ending): Promise<void> {
    // What is left is told once more, or found to be stale.
    await sql.dropEnding.run(bucketOf(at), at, operation).catch(() => {})
  }

  async function tell(ending: Ending): Promise<void> {
    await feed.append(entryOf(ending))
    await drop(ending)
  }

  /** What has come of an ending that was announced; null while that is open. */
  async function outcomeOf(ending: Ending): Promise<'told' | 'void' | null> {
    const { user, scope, operation } = ending
    if ('session' in scope) {
      const row = await sql.sessionSettled.get(user, scope.session)
      if (row === undefined || row.ended_at === null) return null
      if (row.ended_by !== operation) return 'void'
      await tell(ending)
      return 'told'
    }
    const account = await sql.operations.get(user)
    if (account?.operations?.has(operation) !== true) return null
    await tell({ ...ending, scope: { ...scope, epoch: scope.epoch ?? account.epoch } })
    return 'told'
  }

  /** False while it is open. */
  async function finishOne(ending: Ending, now: Millis): Promise<boolean> {
    const outcome = await outcomeOf(ending)
    if (outcome === null && ending.at >= now - patience) return false
    if (outcome !== 'told') await drop(ending)
    return true
  }

  async function finishAll(now: Millis): Promise<void> {
    const from = millis(Math.max(floor, now - revocationLife))
    const to = millis(now - grace)
    const buckets: number[] = []
    for (let bucket = bucketOf(from); bucket <= bucketOf(to); bucket++) buckets.push(bucket)
    let next: number = now - lateness
    await Promise.all(
      buckets.map(async (bucket) => {
        for await (const rows of sql.endings.pages(bucket, from, to)) {
          for (let first = 0; first < rows.length; first += atOnce) {
            const some = rows.slice(first, first + atOnce).map(toEnding)
            const finished = await Promise.all(some.map((ending) => finishOne(ending, now)))
            some.forEach(({ at }, index) => {
              if (finished[index] !== true) next = Math.min(next, at)
            })
          }
        }
      }),
    )
    floor = millis(Math.max(floor, next))
  }

  return {
    async announce(user, scope) {
      const [session, epoch, keep] =
        'session' in scope
          ? [scope.session, undefined, undefined]
          : [nilSession, scope.epoch ?? undefined, scope.keep ?? undefined]
      for (;;) {
        const ending: Ending = { operation: newId<string>(), at: clock.now(), user, scope }
        const { at, operation } = ending
        await sql.addEnding.run(bucketOf(at), at, operation, user, session, epoch, keep, seconds)
        // A process that was paused meanwhile may have written behind the readers.
        if (clock.now() - at < lateness / 2) return ending
      }
    },
    tell,
    drop,
    async finish() {
      const now = clock.now()
      if (now - lookedAt < interval) return
      lookedAt = now
      // Whatever fails here stays above the floor, and is looked at again in a moment.
      await finishAll(now).catch(() => {})
    },
  }
}

// No session has it: it stands for all of a user.
const nilSession = nilId as SessionId

const bucketOf = (at: number): number => Math.floor(at / bucketLength)

const toEnding = (row: EndingRow): Ending => ({
  at: row.at,
  operation: row.operation,
  user: row.user_id,
  scope:
    row.session_id === nilSession
      ? { epoch: row.epoch, keep: row.keep }
      : { session: row.session_id },
})

function entryOf({ user, at, scope }: Ending): FeedEntry<SessionId | UserId> {
  if ('session' in scope) return { subject: scope.session, at }
  const { epoch, keep } = scope
  return { subject: user, at, epoch: epoch ?? firstEpoch, ...(keep !== null && { keep }) }
}

/** True for a session that was not ended by itself; its epoch may have ended it. */
export const isUnended = (row: SessionRow): boolean =>
  row.refresh_hash !== null && row.ended_at === null

/** True while an access token of the session may be good. */
export const isRecent = ({ issued_at: issuedAt }: SessionRow, at: Millis): boolean =>
  issuedAt !== null && issuedAt + revocationLife > at
