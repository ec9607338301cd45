/** Views on Cassandra: all of a user's in one cell, which lapses with the last of them. */
import type { UserId } from '../../core/values/ids.ts'
import { millis } from '../../core/values/time.ts'
import { inTurn } from './in-turn.ts'
import type { Statements } from './store.cassandra.statements.ts'
import { maxViews, type View, type ViewStore } from './store.ts'

/** The part of the cart store that keeps views; they lapse `seconds` after the last. */
export function cassandraViews(
  sql: Pick<Statements, 'views' | 'noteView'>,
  seconds: number,
): ViewStore {
  // Two copies that note a view of one user at once may lose one of the two; one copy loses none.
  const turn = inTurn<UserId>()

  async function views(user: UserId): Promise<readonly View[]> {
    const row = await sql.views.get(user)
    // Written by `noteView` from the same type.
    return row === undefined ? [] : (JSON.parse(row.views) as View[])
  }

  return {
    views,
    noteView: (user, { productId, at: seenAt }) =>
      turn(user, async () => {
        const known = await views(user)
        const at = millis(Math.max(seenAt, (known[0]?.at ?? 0) + 1))
        const others = known.filter((view) => view.productId !== productId)
        const next: readonly View[] = [{ productId, at }, ...others.slice(0, maxViews - 1)]
        // Its own time makes it newer than what it was made from, however late this clock is.
        await sql.noteView.run(user, JSON.stringify(next), at * 1000, seconds)
      }),
    // They lapse by themselves.
    forgetViews: async () => 0,
  }
}
