/**
 * Who reads the records of which store. The suites ask here and nowhere else, so that they run
 * unchanged against another store once its reader is entered.
 */
import type { Records } from './records.ts'
import { sqliteRecords } from './records.sqlite.ts'
import type { Shop } from './shop.ts'

export type Stored = Pick<Shop, 'directory' | 'store'>

const readers: Readonly<Partial<Record<Shop['store'], (shop: Stored) => Records>>> = {
  sqlite: sqliteRecords,
}

export function recordsOf(shop: Stored): Records {
  const reader = readers[shop.store]
  if (reader === undefined) throw new Error(`Nobody reads the records of ${shop.store} yet.`)
  return reader(shop)
}
