/** The records of a shop on Cassandra, from its tables: whole scans, which only tests may do. */
import { createHash } from 'node:crypto'
import { types } from 'cassandra-driver'
import { nilId } from '../../core/values/ids.ts'
import { serviceNames, type ServiceName } from '../../core/values/service-name.ts'
import { clusterClient, keyspacePrefix } from './keyspaces.ts'
import type { Records } from './records.ts'

/** Rows as the driver gives them: UUIDs, longs and times are objects that print themselves. */
type Row = Readonly<Record<string, unknown>>

/** Readers of hints move marks and drop what is stale whenever they like: no data of the shop. */
const restless = new Set(['marks', 'hints'])

export function cassandraRecords({ directory }: { readonly directory: string }): Records {
  const prefix = keyspacePrefix(directory)
  const scan = async (service: ServiceName, select: string, ...params: readonly string[]) => {
    const [columns = '', rest = ''] = select.split(' FROM ')
    return rowsOf(`SELECT ${columns} FROM ${prefix}_${service}.${rest}`, params)
  }
  /** One scan, for a product and its lines lie together and change together. */
  async function books() {
    const columns = 'id, entry, state, quantity, stocked, available, reserved, sold'
    const rows = await scan('catalog', `${columns} FROM products`)
    return {
      stocks: rows
        .filter(({ entry }) => String(entry) === nilId)
        .map((row) => ({ product_id: String(row['id']), ...stockOf(row) })),
      // Beside the lines of orders there are short-lived rows of edits, which have no state.
      reservations: rows
        .filter(({ entry, state }) => String(entry) !== nilId && state !== null)
        .map(({ id, entry, quantity, state }) => ({
          order_id: String(entry),
          product_id: String(id),
          quantity: Number(quantity),
          state: String(state),
        })),
    }
  }

  return {
    async stock(product) {
      const [row] = await scan(
        'catalog',
        `stocked, available, reserved, sold FROM products WHERE id = ? AND entry = ${nilId}`,
        product,
      )
      return row === undefined ? null : stockOf(row)
    },
    stocks: async () => (await books()).stocks,
    reservations: async () => (await books()).reservations,
    books,
    async orders() {
      const rows = await scan('order', 'DISTINCT id, user_id, status, lines FROM orders')
      return rows.map(({ id, user_id: userId, status, lines }) => ({
        id: String(id),
        user_id: String(userId),
        status: String(status),
        // Written by the order store as an order's lines.
        lines: JSON.parse(String(lines)) as { productId: string; quantity: number }[],
      }))
    },
    async undelivered() {
      const rows = await scan('order', 'change, kind FROM orders')
      // A mark that the spending is to be told of is the store's own.
      return rows.filter(({ change, kind }) => change !== null && kind !== 'spend').length
    },
    async openCheckouts() {
      const rows = await scan('cart', 'checkout_id FROM carts')
      return rows.filter(({ checkout_id: open }) => open !== null).length
    },
    async spending(user) {
      const where = `WHERE user_id = ? AND order_id = ${nilId}`
      const [row] = await scan('order', `total FROM spending ${where}`, user)
      return Number(row?.['total'] ?? 0)
    },
    async notifications() {
      const rows = await scan('user', 'id, order_id, user_id, status, sequence FROM notifications')
      return rows
        .filter(({ id }) => Number(id) > 0)
        .map((row) => ({
          order_id: String(row['order_id']),
          user_id: String(row['user_id']),
          status: String(row['status']),
          sequence: Number(row['sequence']),
        }))
        .sort((a, b) => a.sequence - b.sequence)
    },
    async usersNamed(username) {
      const accounts = await scan('user', 'DISTINCT id, name_key, username FROM accounts')
      const owners = new Map(
        (await scan('user', 'name_key, user_id FROM usernames')).map((row) => [
          row['name_key'],
          String(row['user_id']),
        ]),
      )
      // Whoever lost the race for a name has left an account that is nobody's.
      return accounts.filter(
        (row) => row['username'] === username && owners.get(row['name_key']) === String(row['id']),
      ).length
    },
    async cartGoes(user) {
      const carts = await scan(
        'cart',
        'TTL(lines) AS left, kind FROM carts WHERE user_id = ?',
        user,
      )
      const views = await scan(
        'cart',
        'TTL(views) AS left FROM recent_views WHERE user_id = ?',
        user,
      )
      const own = [...carts.filter(({ kind }) => kind === 'cart'), ...views]
      return own.every(({ left }) => left !== null)
    },
    async outliveAnswers(user) {
      const answers = await scan('cart', 'kind, name FROM carts WHERE user_id = ?', user)
      for (const { kind, name } of answers) {
        if (kind !== 'checkout') continue
        const row = `WHERE user_id = ? AND kind = 'checkout' AND name = ?`
        await rowsOf(`UPDATE ${prefix}_cart.carts SET expires_at = 1 ${row} IF EXISTS`, [
          user,
          String(name),
        ])
      }
      const orders = await scan('order', 'DISTINCT id, user_id FROM orders')
      for (const { id } of orders.filter((row) => String(row['user_id']) === user)) {
        const past = `UPDATE ${prefix}_order.orders SET answer_until = 1 WHERE id = ? IF user_id = ?`
        await rowsOf(past, [String(id), user])
      }
    },
    contents: () => contentsOf(prefix),
  }
}

const stockOf = (row: Row) => ({
  stocked: Number(row['stocked']),
  available: Number(row['available']),
  reserved: Number(row['reserved']),
  sold: Number(row['sold']),
})

async function contentsOf(prefix: string): Promise<Readonly<Record<string, string>>> {
  const contents: Record<string, string> = {}
  for (const service of serviceNames) {
    const keyspace = `${prefix}_${service}`
    const tables = await rowsOf(
      'SELECT table_name FROM system_schema.tables WHERE keyspace_name = ?',
      [keyspace],
    )
    for (const { table_name: table } of tables) {
      if (restless.has(String(table))) continue
      const rows = await rowsOf(`SELECT JSON * FROM ${keyspace}.${String(table)}`, [])
      const lines = rows.map((row) => String(row['[json]'])).sort()
      const digest = createHash('sha256').update(lines.join('\n')).digest('base64url')
      contents[`${service}.${String(table)}`] = `${rows.length} rows ${digest.slice(0, 12)}`
    }
  }
  return contents
}

async function rowsOf(cql: string, params: readonly string[]): Promise<readonly Row[]> {
  const client = clusterClient()
  const rows: Row[] = []
  const options = {
    prepare: true,
    consistency: types.consistencies.localQuorum,
    readTimeout: 30_000,
    fetchSize: 1_000,
  }
  let pageState: string | undefined
  do {
    const page: types.ResultSet = await client.execute(cql, [...params], {
      ...options,
      ...(pageState !== undefined && { pageState }),
    })
    rows.push(...page.rows)
    pageState = page.pageState ?? undefined
  } while (pageState !== undefined)
  return rows
}
