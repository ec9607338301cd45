/** What goes into statements and what comes out of rows: plain values, never the driver's own types. */
import { types } from 'cassandra-driver'

/**
 * A parameter. Ids are UUIDs as text, times and money whole numbers. Null deletes the column's value;
 * undefined leaves the column untouched, without the tombstone that null writes.
 */
export type CqlValue =
  | null
  | undefined
  | string
  | number
  | boolean
  | Uint8Array
  | readonly CqlValue[]
  | ReadonlySet<string | number>
  | ReadonlyMap<string | number, CqlValue>

/** A row whose shape was not stated. */
export type Row = Record<string, unknown>

/** A column as the driver describes it. */
export interface Column {
  readonly name: string
  readonly type: ColumnType
}

interface ColumnType {
  readonly code: number
  readonly info?: unknown
}

type Convert = (value: unknown) => unknown

const { dataTypes } = types

const keep: Convert = (value) => value

/** Exact, or an error: a sum that silently lost a minor unit is worse than none. */
function safeNumber(value: unknown): number {
  // Both columns of this type come as the driver's Long.
  const exact = (value as types.Long).toNumber()
  if (!Number.isSafeInteger(exact)) throw new RangeError(`${String(value)} is no safe integer.`)
  return exact
}

const conversions: ReadonlyMap<number, Convert> = new Map<number, Convert>([
  [dataTypes.uuid, String],
  [dataTypes.timeuuid, String],
  [dataTypes.bigint, safeNumber],
  [dataTypes.counter, safeNumber],
  [dataTypes.timestamp, (value) => (value as Date).getTime()],
  [dataTypes.blob, (value) => Uint8Array.from(value as Buffer)],
  ...[
    dataTypes.ascii,
    dataTypes.text,
    dataTypes.varchar,
    dataTypes.int,
    dataTypes.smallint,
    dataTypes.tinyint,
    dataTypes.boolean,
    dataTypes.double,
    dataTypes.float,
  ].map((code): [number, Convert] => [code, keep]),
])

function conversionOf({ name, type }: Column): Convert {
  const { code, info } = type
  const inside = (element: unknown) => conversionOf({ name, type: element as ColumnType })
  if (code === dataTypes.list) {
    const element = inside(info)
    return (value) => (value as unknown[]).map(element)
  }
  if (code === dataTypes.set) {
    const element = inside(info)
    return (value) => new Set(Array.from(value as Set<unknown>, element))
  }
  if (code === dataTypes.map) {
    const [key, element] = (info as [unknown, unknown]).map(inside) as [Convert, Convert]
    return (value) =>
      new Map(Array.from(value as Map<unknown, unknown>, ([k, v]) => [key(k), element(v)]))
  }
  const convert = conversions.get(code)
  if (convert === undefined) {
    throw new TypeError(`Column ${name} has a type (code ${code}) that the kit does not read.`)
  }
  return convert
}

/**
 * Makes the reader of rows with these columns: a UUID is text, a bigint and a timestamp are numbers
 * (milliseconds), a blob is a `Uint8Array`, an absent value is null. Collections that are empty are
 * absent to Cassandra, and so null.
 */
export function rowReader(columns: readonly Column[]): (row: types.Row) => Row {
  const fields = columns
    // The outcome of a conditional write is no part of its row.
    .filter(({ name }) => name !== '[applied]')
    .map((column) => ({ name: column.name, convert: conversionOf(column) }))
  return (row) => {
    const read: Row = {}
    for (const { name, convert } of fields) {
      const value: unknown = row[name]
      read[name] = value === null || value === undefined ? null : convert(value)
    }
    return read
  }
}

/** Parameters as the driver's encoder takes them: of ours, it knows all but plain byte arrays. */
export function toDriver(params: readonly CqlValue[]): unknown[] {
  return params.map((value) =>
    value instanceof Uint8Array && !Buffer.isBuffer(value)
      ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
      : value,
  )
}
