/** The schema of the catalog's SQLite file. */
import type { Migration } from '../../core/sqlite/migrations.ts'

export const migrations: readonly Migration[] = [
  {
    version: 1,
    name: 'products, stock and reservations',
    sql: `
      CREATE TABLE categories (
        name TEXT PRIMARY KEY,
        version INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE products (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        category TEXT NOT NULL REFERENCES categories (name),
        price_minor INTEGER NOT NULL CHECK (price_minor > 0),
        description TEXT,
        manufacturer TEXT,
        version INTEGER NOT NULL,
        deleted INTEGER NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1))
      ) STRICT;

      CREATE INDEX products_by_category ON products (category, id) WHERE deleted = 0;

      -- Apart from products: it changes with every sale, and its rows are a tenth as long.
      CREATE TABLE stock (
        product_id TEXT PRIMARY KEY REFERENCES products (id),
        stocked INTEGER NOT NULL CHECK (stocked >= 0),
        available INTEGER NOT NULL CHECK (available >= 0),
        reserved INTEGER NOT NULL CHECK (reserved >= 0),
        sold INTEGER NOT NULL CHECK (sold >= 0),
        CHECK (stocked = available + reserved + sold)
      ) STRICT, WITHOUT ROWID;

      -- A released row without name and price is a fence: nothing was ever reserved under it.
      CREATE TABLE reservations (
        order_id TEXT NOT NULL,
        product_id TEXT NOT NULL,
        quantity INTEGER NOT NULL CHECK (quantity > 0),
        name TEXT,
        price_minor INTEGER,
        state TEXT NOT NULL CHECK (state IN ('reserved', 'committed', 'released')),
        CHECK (state = 'released' OR (name IS NOT NULL AND price_minor IS NOT NULL)),
        PRIMARY KEY (order_id, product_id)
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE seeds (
        name TEXT PRIMARY KEY,
        done INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
    `,
  },
  {
    version: 2,
    name: 'one fence an order',
    sql: `
      -- A released order, of which nothing is reserved and nothing can be any more.
      CREATE TABLE fences (order_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

      INSERT INTO fences
        SELECT order_id FROM reservations GROUP BY order_id HAVING sum(state != 'released') = 0;
      DELETE FROM reservations WHERE order_id IN (SELECT order_id FROM fences);
    `,
  },
]
