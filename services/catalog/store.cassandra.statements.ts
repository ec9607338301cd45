/** Every statement of the catalog's store on Cassandra, declared once at boot. */
import type { Keyspace } from '../../core/cassandra/keyspace.ts'
import type { Brand } from '../../core/values/brand.ts'
import { nilId, type OrderId, type ProductId } from '../../core/values/ids.ts'
import type { Minor } from '../../core/values/money.ts'
import type { Millis } from '../../core/values/time.ts'
import type { ReservationState } from './stock.ts'
import type { CategoryVersion } from './store.ts'

/** One change of a product by an admin. */
export type EditId = Brand<string, 'EditId'>

/** Key of a row in a product's partition: an order, an edit, or `productEntry`. */
export type EntryKey = OrderId | EditId

/** The row of a product itself. No order has this id, and none sorts before it. */
export const productEntry = nilId as OrderId

/** A row of a product's partition; what belongs to the other kind of row is null. */
export interface EntryRow {
  readonly entry: EntryKey
  readonly name: string | null
  readonly price: Minor | null
  // Of the product:
  readonly category: string | null
  readonly description: string | null
  readonly manufacturer: string | null
  readonly deleted: boolean | null
  readonly version: number | null
  readonly stocked: number | null
  readonly available: number | null
  readonly reserved: number | null
  readonly sold: number | null
  /** Of the last change; the condition of the next one. Null while the product is as it was seeded. */
  readonly revision: string | null
  // Of an order's line:
  readonly state: ReservationState | null
  readonly quantity: number | null
  /** The attempt to reserve that holds the line. */
  readonly attempt: string | null
  // Of a line, and of an edit:
  /** The revision that made the row what it is. */
  readonly operation: string | null
}

export interface AttemptRow {
  readonly attempt: string
  /** JSON of the order's lines. */
  readonly lines: string
  /** True when the attempt came to nothing and holds nothing any more. */
  readonly ended: boolean | null
}

/** Null is what no write has said yet: a row may be announced before the product is there. */
export interface ListingRow {
  readonly id: ProductId
  readonly name: string | null
  readonly price: Minor | null
  readonly version: number | null
  /** False once the product left the category. */
  readonly listed: boolean | null
  /** The version that a change, which may have happened or not, was to make. */
  readonly changing: number | null
}

export interface SumsRow {
  readonly id: ProductId
  readonly stocked: number | null
  readonly available: number | null
  readonly reserved: number | null
  readonly sold: number | null
}

export interface SeedRow {
  readonly done: number | null
  readonly owner: string | null
  readonly lease_until: Millis | null
}

export type ListingKey = [category: string, shard: number, id: ProductId]

/** Rows of one reading of the sums. */
export const sumsPerRead = 500

export type Statements = ReturnType<typeof declareStatements>

export function declareStatements(keyspace: Keyspace) {
  return {
    ...productStatements(keyspace),
    ...attemptStatements(keyspace),
    ...listingStatements(keyspace),
    ...categoryStatements(keyspace),
    ...seedStatements(keyspace),
  }
}

function productStatements(keyspace: Keyspace) {
  const entries = `SELECT entry, name, price, category, description, manufacturer, deleted, version,
    stocked, available, reserved, sold, revision, state, quantity, attempt, operation
    FROM products WHERE id = ? AND entry IN ?`
  // The product's own row is the first of its partition.
  const sums = `PER PARTITION LIMIT 1 LIMIT ${sumsPerRead}`
  return {
    entries: keyspace.read<[ProductId, readonly EntryKey[]], EntryRow>(entries, 'get_product'),
    entriesSettled: keyspace.read<[ProductId, readonly EntryKey[]], EntryRow>(
      entries,
      'get_product_serial',
      { serial: true },
    ),
    change: keyspace.conditionalBatch('change_product'),
    setStock: keyspace.conditional<
      [
        stocked: number | undefined,
        available: number | undefined,
        reserved: number | undefined,
        sold: number | undefined,
        revision: string,
        id: ProductId,
        before: string | null,
      ]
    >(
      `UPDATE products SET stocked = ?, available = ?, reserved = ?, sold = ?, revision = ?
       WHERE id = ? AND entry = ${productEntry} IF revision = ?`,
      'set_product_stock',
    ),
    setProduct: keyspace.write<
      [
        name: string,
        category: string,
        price: Minor,
        description: string | null | undefined,
        manufacturer: string | null | undefined,
        deleted: boolean,
        version: number,
        id: ProductId,
      ]
    >(
      `UPDATE products SET name = ?, category = ?, price = ?, description = ?, manufacturer = ?,
         deleted = ?, version = ? WHERE id = ? AND entry = ${productEntry}`,
      'set_product',
    ),
    setLine: keyspace.write<
      [
        state: ReservationState,
        quantity: number,
        name: string | undefined,
        price: Minor | undefined,
        attempt: string | undefined,
        operation: string,
        id: ProductId,
        order: OrderId,
      ]
    >(
      `UPDATE products SET state = ?, quantity = ?, name = ?, price = ?, attempt = ?, operation = ?
       WHERE id = ? AND entry = ?`,
      'set_reservation',
    ),
    dropLine: keyspace.write<[ProductId, OrderId]>(
      'DELETE FROM products WHERE id = ? AND entry = ?',
      'drop_reservation',
    ),
    addEdit: keyspace.write<[seconds: number, operation: string, id: ProductId, edit: EditId]>(
      'UPDATE products USING TTL ? SET operation = ? WHERE id = ? AND entry = ?',
      'add_edit',
    ),
    // Of one moment for ever, so that it never comes after a change, whenever it is written.
    seedProduct: keyspace.write<
      [
        id: ProductId,
        name: string,
        category: string,
        price: Minor,
        description: string | undefined,
        manufacturer: string | undefined,
        stocked: number,
        available: number,
      ]
    >(
      `INSERT INTO products (id, entry, name, category, price, description, manufacturer, deleted,
         version, stocked, available, reserved, sold)
       VALUES (?, ${productEntry}, ?, ?, ?, ?, ?, false, 1, ?, ?, 0, 0) USING TIMESTAMP 1`,
      'seed_product',
    ),
    firstSums: keyspace.read<[], SumsRow>(
      `SELECT id, stocked, available, reserved, sold FROM products ${sums}`,
      'check_first_stock',
    ),
    nextSums: keyspace.read<[ProductId], SumsRow>(
      `SELECT id, stocked, available, reserved, sold FROM products
       WHERE token(id) > token(?) ${sums}`,
      'check_stock',
    ),
  }
}

function attemptStatements(keyspace: Keyspace) {
  return {
    addAttempt: keyspace.write<[OrderId, attempt: string, lines: string]>(
      'INSERT INTO attempts (order_id, attempt, lines) VALUES (?, ?, ?)',
      'add_attempt',
    ),
    endAttempt: keyspace.write<[OrderId, attempt: string]>(
      'UPDATE attempts SET ended = true WHERE order_id = ? AND attempt = ?',
      'end_attempt',
    ),
    dropAttempts: keyspace.write<[OrderId]>(
      'DELETE FROM attempts WHERE order_id = ?',
      'drop_attempts',
    ),
    attempts: keyspace.read<[OrderId], AttemptRow>(
      'SELECT attempt, lines, ended FROM attempts WHERE order_id = ?',
      'list_attempts',
      // One each two seconds or so, for as long as the order can be noted and its products not changed.
      { maxRows: 20_000 },
    ),
  }
}

function listingStatements(keyspace: Keyspace) {
  // The version is the time of the write: whatever comes late, the highest version stays.
  const at = 'UPDATE products_by_category USING TIMESTAMP ?'
  return {
    announce: keyspace.write<[version: number, changing: number, ...ListingKey]>(
      `${at} SET changing = ? WHERE category = ? AND shard = ? AND id = ?`,
      'announce_listing',
    ),
    list: keyspace.write<
      [time: number, name: string, price: Minor, version: number, listed: boolean, ...ListingKey]
    >(
      `${at} SET name = ?, price = ?, version = ?, listed = ?
       WHERE category = ? AND shard = ? AND id = ?`,
      'set_listing',
    ),
    seedListings: keyspace.batch('seed_listings'),
    listed: keyspace.read<
      [category: string, shard: number, after: string, limit: number],
      ListingRow
    >(
      `SELECT id, name, price, version, listed, changing FROM products_by_category
       WHERE category = ? AND shard = ? AND id > ? LIMIT ?`,
      'list_products',
      { maxRows: 5_000 },
    ),
  }
}

function categoryStatements(keyspace: Keyspace) {
  const own = `WHERE shop = 'all' AND category = ?`
  return {
    categories: keyspace.read<[], CategoryVersion>(
      `SELECT category, version FROM categories WHERE shop = 'all'`,
      'list_categories',
      { maxRows: 10_000 },
    ),
    category: keyspace.read<[category: string], CategoryVersion>(
      `SELECT category, version FROM categories ${own}`,
      'get_category',
    ),
    categorySettled: keyspace.read<
      [category: string],
      { readonly version: number; readonly operations: ReadonlyMap<number, string> | null }
    >(`SELECT version, operations FROM categories ${own}`, 'get_category_serial', { serial: true }),
    addCategory: keyspace.conditional<[category: string]>(
      `UPDATE categories SET version = 0 ${own} IF version = null`,
      'add_category',
    ),
    raise: keyspace.conditionalBatch('raise_categories'),
    setVersion: keyspace.conditional<[version: number, category: string, before: number | null]>(
      `UPDATE categories SET version = ? ${own} IF version = ?`,
      'set_category_version',
    ),
    addRaise: keyspace.write<
      [seconds: number, version: number, operation: string, category: string]
    >(`UPDATE categories USING TTL ? SET operations[?] = ? ${own}`, 'add_category_operation'),
  }
}

function seedStatements(keyspace: Keyspace) {
  const seed = 'SELECT done, owner, lease_until FROM seeds WHERE name = ?'
  return {
    seed: keyspace.read<[string], SeedRow>(seed, 'get_seed'),
    seedSettled: keyspace.read<[string], SeedRow>(seed, 'get_seed_serial', { serial: true }),
    setSeeded: keyspace.conditional<[done: number, name: string, before: number | null]>(
      'UPDATE seeds SET done = ? WHERE name = ? IF done = ?',
      'set_seed_progress',
    ),
    claimSeed: keyspace.conditional<
      [
        owner: string,
        until: Millis,
        name: string,
        lapsed: string | null,
        lapsedUntil: Millis | null,
      ]
    >(
      'UPDATE seeds SET owner = ?, lease_until = ? WHERE name = ? IF owner = ? AND lease_until = ?',
      'claim_seed',
    ),
  }
}
