/**
 * Who reads the records of which store. The suites ask here and nowhere else, so that they run
 * unchanged against either.
 */
import { cassandraRecords } from './records.cassandra.ts'
import type { Records } from './records.ts'
import { sqliteRecords } from './records.sqlite.ts'
import type { Shop } from './shop.ts'

export type Stored = Pick<Shop, 'directory' | 'store'>

const readers: Readonly<Record<Shop['store'], (shop: Stored) => Records>> = {
  sqlite: sqliteRecords,
  cassandra: cassandraRecords,
}

export const recordsOf = (shop: Stored): Records => readers[shop.store](shop)
