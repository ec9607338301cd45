/** What stands in the services' files, read past the services: the proof that nothing was written. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { serviceNames, type ServiceName } from '../../core/values/service-name.ts'

/** Runs a query on a service's file without being able to change it. */
export function rowsOf(
  directory: string,
  service: ServiceName,
  sql: string,
  ...values: readonly (string | number)[]
): readonly Readonly<Record<string, unknown>>[] {
  const database = new DatabaseSync(fileOf(directory, service), { readOnly: true })
  try {
    // Rows of named columns are what node:sqlite returns; its type says unknown[].
    return database.prepare(sql).all(...values) as Record<string, unknown>[]
  } finally {
    database.close()
  }
}

/** Rows and a digest of their content, by `service.table`: equal when nothing was written. */
export function contentsOf(directory: string): Readonly<Record<string, string>> {
  const contents: Record<string, string> = {}
  for (const service of serviceNames) {
    if (!existsSync(fileOf(directory, service))) continue
    const tables = rowsOf(
      directory,
      service,
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`,
    )
    for (const { name } of tables) {
      const rows = rowsOf(directory, service, `SELECT * FROM "${String(name)}"`)
      const digest = createHash('sha256')
        .update(
          rows
            .map((row) => JSON.stringify(row))
            .sort()
            .join('\n'),
        )
        .digest('base64url')
      contents[`${service}.${String(name)}`] = `${rows.length} rows ${digest.slice(0, 12)}`
    }
  }
  return contents
}

const fileOf = (directory: string, service: ServiceName): string =>
  join(directory, service, `${service}.db`)
