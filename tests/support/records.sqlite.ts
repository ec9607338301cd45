/** The records of a shop on SQLite, from its files. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { serviceNames, type ServiceName } from '../../core/values/service-name.ts'
import type { NotificationRow, OrderRecord, Records, ReservationRow, StockRow } from './records.ts'

export function sqliteRecords({ directory }: { readonly directory: string }): Records {
  const read = <T>(service: ServiceName, sql: string, ...params: string[]) =>
    rowsOf<T>(directory, service, sql, ...params)
  const count = (service: ServiceName, sql: string, ...params: string[]): number =>
    read<{ count: number }>(service, `SELECT count(*) AS count ${sql}`, ...params)[0]?.count ?? 0
  const columns = 'stocked, available, reserved, sold'
  const stocks = () =>
    read<StockRow & { product_id: string }>('catalog', `SELECT product_id, ${columns} FROM stock`)
  const reservations = () =>
    read<ReservationRow>(
      'catalog',
      'SELECT order_id, product_id, quantity, state FROM reservations',
    )
  return {
    stock: async (product) =>
      read<StockRow>('catalog', `SELECT ${columns} FROM stock WHERE product_id = ?`, product)[0] ??
      null,
    stocks: async () => stocks(),
    reservations: async () => reservations(),
    books: async () => ({ stocks: stocks(), reservations: reservations() }),
    orders: async () =>
      read<{ id: string; user_id: string; status: string; lines: string }>(
        'order',
        'SELECT id, user_id, status, lines FROM orders',
      ).map((row) => ({ ...row, lines: JSON.parse(row.lines) as OrderRecord['lines'] })),
    undelivered: async () => count('order', 'FROM outbox'),
    openCheckouts: async () => count('cart', 'FROM open_checkouts'),
    spending: async (user) =>
      read<{ total: number }>('order', 'SELECT total FROM spending WHERE user_id = ?', user)[0]
        ?.total ?? 0,
    notifications: async () =>
      read<NotificationRow>(
        'user',
        'SELECT order_id, user_id, status, sequence FROM notifications ORDER BY sequence',
      ),
    usersNamed: async (username) => count('user', 'FROM users WHERE username = ?', username),
    cartGoes: async (user) =>
      count('cart', 'FROM carts WHERE user_id = ?', user) +
        count('cart', 'FROM recent_views WHERE user_id = ?', user) ===
      0,
    async outliveAnswers(user) {
      const edits = [
        ['cart', 'UPDATE answers SET expires_at = 1 WHERE user_id = ?'],
        ['order', 'UPDATE orders SET answer_until = 1 WHERE user_id = ?'],
      ] as const
      for (const [service, sql] of edits) {
        using database = new DatabaseSync(fileOf(directory, service))
        database.exec('PRAGMA busy_timeout = 5000')
        database.prepare(sql).run(user)
      }
    },
    contents: async () => contentsOf(directory),
  }
}

const fileOf = (directory: string, service: ServiceName): string =>
  join(directory, service, `${service}.db`)

function rowsOf<T>(
  directory: string,
  service: ServiceName,
  sql: string,
  ...params: string[]
): readonly T[] {
  const database = new DatabaseSync(fileOf(directory, service), { readOnly: true })
  try {
    // The caller states what its own SQL selects.
    return database.prepare(sql).all(...params) as T[]
  } finally {
    database.close()
  }
}

function contentsOf(directory: string): Readonly<Record<string, string>> {
  const contents: Record<string, string> = {}
  for (const service of serviceNames) {
    if (!existsSync(fileOf(directory, service))) continue
    const tables = rowsOf<{ name: string }>(
      directory,
      service,
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`,
    )
    for (const { name } of tables) {
      const rows = rowsOf<object>(directory, service, `SELECT * FROM "${name}"`)
      const digest = createHash('sha256')
        .update(
          rows
            .map((row) => JSON.stringify(row))
            .sort()
            .join('\n'),
        )
        .digest('base64url')
      contents[`${service}.${name}`] = `${rows.length} rows ${digest.slice(0, 12)}`
    }
  }
  return contents
}
