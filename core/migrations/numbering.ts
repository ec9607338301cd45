/** What the numbered schema changes of every store have in common: their order, and whose they are. */

/** One step; 1, 2, 3, …, without gaps. A released one never changes. */
export interface Numbered {
  readonly version: number
  readonly name: string
}

/** @throws Error when the versions do not count up from 1 */
export function requireConsecutive(migrations: readonly Numbered[]): void {
  migrations.forEach(({ version, name }, index) => {
    if (version === index + 1) return
    throw new Error(
      `Migration '${name}' has version ${version} where ${index + 1} is due: versions count up from 1 without gaps.`,
    )
  })
}

/**
 * @param applied names of the steps that the store has seen, by version
 * @param label how messages call the store, for example `catalog database data/catalog.db`
 * @throws Error in one sentence when a newer build or another line of migrations wrote the store
 */
export function refuseForeign(
  applied: ReadonlyMap<number, string>,
  migrations: readonly Numbered[],
  label: string,
): void {
  const newest = Math.max(0, ...applied.keys())
  if (newest > migrations.length) {
    throw new Error(
      `The ${label} has schema version ${newest}, but this build knows only up to ${migrations.length}: start the build that wrote it, or restore a backup from before the upgrade.`,
    )
  }
  for (const { version, name } of migrations) {
    const found = applied.get(version)
    if (found === undefined || found === name) continue
    throw new Error(
      `The ${label} has migration ${version} '${found}' where this build has '${name}': it belongs to another build of the service.`,
    )
  }
}

/** The error that says which step failed, and why. */
export function migrationFailed(migration: Numbered, label: string, error: unknown): Error {
  const reason = error instanceof Error ? error.message : String(error)
  return new Error(
    `Migration ${migration.version} '${migration.name}' of the ${label} failed: ${reason}.`,
    { cause: error },
  )
}
