/** Views in the cart's SQLite file: a few rows per user, which lie side by side. */
import type { Database } from '../../core/sqlite/database.ts'
import type { ProductId, UserId } from '../../core/values/ids.ts'
import { millis, type Millis } from '../../core/values/time.ts'
import { maxViews, type View, type ViewStore } from './store.ts'

interface ViewRow {
  product_id: ProductId
  viewed_at: Millis
}

/** The part of the cart store that keeps views. */
export function sqliteViews(database: Database): ViewStore {
  const ofUser = database.statement<[UserId], ViewRow>(
    'SELECT product_id, viewed_at FROM recent_views WHERE user_id = ?',
    'get_views',
  )
  const note = database.statement<[UserId, ProductId, Millis]>(
    `INSERT INTO recent_views (user_id, product_id, viewed_at) VALUES (?, ?, ?)
     ON CONFLICT (user_id, product_id) DO UPDATE SET viewed_at = excluded.viewed_at`,
    'note_view',
  )
  const drop = database.statement<[UserId, ProductId]>(
    'DELETE FROM recent_views WHERE user_id = ? AND product_id = ?',
    'drop_view',
  )
  const forget = database.statement<[Millis, number]>(
    `DELETE FROM recent_views WHERE (user_id, product_id) IN (
       SELECT user_id, product_id FROM recent_views WHERE viewed_at <= ? LIMIT ?)`,
    'forget_views',
  )

  const newestFirst = (user: UserId): readonly View[] =>
    ofUser
      .all(user)
      .map((row) => ({ productId: row.product_id, at: row.viewed_at }))
      .sort((a, b) => b.at - a.at)

  return {
    // What to drop is found here and not by a subquery, which would sort in SQLite: 6 us a view
    // against 23, where a small cart is saved in 5.
    noteView: (user, { productId, at }) =>
      database.write(() => {
        const views = newestFirst(user)
        const newest = views[0]?.at ?? millis(0)
        note.run(user, productId, millis(Math.max(at, newest + 1)))
        const others = views.filter((view) => view.productId !== productId)
        for (const past of others.slice(maxViews - 1)) drop.run(user, past.productId)
      }),
    views: async (user) => newestFirst(user),
    forgetViews: (viewedBefore, limit) =>
      database.write(() => forget.run(viewedBefore, limit).changes),
  }
}
