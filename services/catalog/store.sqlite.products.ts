/** Products and categories in SQLite. */
import type { Database } from '../../core/sqlite/database.ts'
import type { ProductId } from '../../core/values/ids.ts'
import type { Minor } from '../../core/values/money.ts'
import { changed } from './changes.ts'
import type {
  CategoryVersion,
  ListedProduct,
  NewProduct,
  ProductStore,
  StockedProduct,
} from './store.ts'

type ProductRow = Omit<StockedProduct, 'deleted' | 'available'> & { readonly deleted: 0 | 1 }

type ProductValues = [
  name: string,
  category: string,
  price: Minor,
  description: string | null,
  manufacturer: string | null,
]

/** Statements are prepared here, once; writes are atomic with the versions of their categories. */
export function sqliteProducts(db: Database): ProductStore {
  // Two point reads take 4 us, a join of the two tables 10.
  const find = db.statement<[ProductId], ProductRow>(
    `SELECT id, name, category, price_minor AS price, description, manufacturer, version, deleted
       FROM products WHERE id = ?`,
    'find_product',
  )
  const findAvailable = db.statement<[ProductId], { available: number }>(
    'SELECT available FROM stock WHERE product_id = ?',
    'find_available',
  )
  const listed = db.statement<[string, string, number], ListedProduct>(
    `SELECT id, name, category, price_minor AS price, version FROM products
      WHERE category = ? AND deleted = 0 AND id > ? ORDER BY id LIMIT ?`,
    'list_products',
  )
  const categories = db.statement<[], CategoryVersion>(
    'SELECT name AS category, version FROM categories ORDER BY name',
    'list_categories',
  )
  const addCategory = db.statement<[string]>(
    'INSERT INTO categories (name, version) VALUES (?, 0) ON CONFLICT DO NOTHING',
    'add_category',
  )
  const raise = db.statement<[string], CategoryVersion>(
    'UPDATE categories SET version = version + 1 WHERE name = ? RETURNING name AS category, version',
    'raise_category_version',
  )
  const insert = db.statement<[ProductId, ...ProductValues]>(
    `INSERT INTO products (id, name, category, price_minor, description, manufacturer, version)
     VALUES (?, ?, ?, ?, ?, ?, 1) ON CONFLICT DO NOTHING`,
    'insert_product',
  )
  const insertStock = db.statement<[ProductId, number]>(
    'INSERT INTO stock VALUES (?1, ?2, ?2, 0, 0)',
    'insert_stock',
  )
  const change = db.statement<[...ProductValues, ProductId]>(
    `UPDATE products SET name = ?, category = ?, price_minor = ?, description = ?,
            manufacturer = ?, version = version + 1 WHERE id = ?`,
    'update_product',
  )
  const restock = db.statement<[number, ProductId]>(
    `UPDATE stock SET stocked = stocked + ?1 - available, available = ?1 WHERE product_id = ?2`,
    'set_available',
  )
  const markDeleted = db.statement<[ProductId]>(
    'UPDATE products SET deleted = 1, version = version + 1 WHERE id = ?',
    'delete_product',
  )
  const seeded = db.statement<[string], { done: number }>(
    'SELECT done FROM seeds WHERE name = ?',
    'get_seed_progress',
  )
  const setSeeded = db.statement<[string, number]>(
    'INSERT INTO seeds VALUES (?, ?) ON CONFLICT DO UPDATE SET done = excluded.done',
    'set_seed_progress',
  )

  const read = (id: ProductId): StockedProduct | null => {
    const row = find.get(id)
    if (row === undefined) return null
    const available = findAvailable.get(id)?.available ?? 0
    return { ...row, deleted: row.deleted === 1, available }
  }

  /** After a write the row is there. */
  const written = (id: ProductId): StockedProduct => {
    const product = read(id)
    if (product === null) throw new Error(`Product ${id} vanished while it was written.`)
    return product
  }

  /** Writes a product unless its id is taken. */
  function add(product: NewProduct): boolean {
    addCategory.run(product.category)
    if (insert.run(product.id, ...valuesOf(product)).changes === 0) return false
    insertStock.run(product.id, product.available)
    return true
  }

  const touch = (names: Iterable<string>): readonly CategoryVersion[] =>
    [...names].flatMap((name) => raise.all(name))

  function update(product: StockedProduct, next: StockedProduct): readonly CategoryVersion[] {
    const { id, category } = product
    if (next.available !== product.available) restock.run(next.available, id)
    const values = valuesOf(next)
    if (valuesOf(product).every((value, at) => value === values[at])) return []
    addCategory.run(next.category)
    change.run(...values, id)
    return touch(new Set([category, next.category]))
  }

  return {
    find: read,
    listed: (category, after, limit) => listed.all(category, after ?? '', limit),
    categories: () => categories.all(),
    create: (product) =>
      db.write(() => {
        if (!add(product)) throw new Error(`Product ${product.id} exists already.`)
        return { product: written(product.id), touched: touch([product.category]) }
      }),
    update: (id, changes, ifStates) =>
      db.write(() => {
        const product = read(id)
        if (product === null || product.deleted) return { kind: 'missing' }
        const result = changed(product, changes, ifStates)
        if (result.kind !== 'changed') return result
        const touched = update(product, result.next)
        return { kind: 'updated', product: written(id), touched }
      }),
    remove: (id) =>
      db.write(() => {
        const product = read(id)
        if (product === null || product.deleted) return { kind: 'missing' }
        markDeleted.run(id)
        return { kind: 'removed', product: written(id), touched: touch([product.category]) }
      }),
    seeded: (seed) => seeded.get(seed)?.done ?? 0,
    claimSeed: () => true,
    // A few milliseconds of the event loop, and few enough fsyncs.
    seedChunk: 250,
    seed: (seed, products, done) =>
      db.write(() => {
        const fresh = products.filter(add)
        touch(new Set(fresh.map(({ category }) => category)))
        setSeeded.run(seed, done)
      }),
  }
}

const valuesOf = (product: Omit<NewProduct, 'id' | 'available'>): ProductValues => [
  product.name,
  product.category,
  product.price,
  product.description,
  product.manufacturer,
]
