/** Takes a backup of a running shop: the four databases as they were at one moment. */
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { flush, writeDurably } from '../../core/files/durable.ts'
import { copyTogether, sealCopy } from '../../core/sqlite/backup.ts'
import { toRfc3339 } from '../../core/values/time.ts'
import { databaseFiles } from './databases.ts'
import { backupFileName, digest, manifestFile, type Manifest } from './manifest.ts'

/*
 * Why the four files must show one moment, and why any moment will do.
 *
 * All that a service acknowledges is on disk before it answers, and nothing that lives in memory
 * alone matters. So files that all show the moment T are what a machine finds on its disk whose power
 * failed at T, and from that the shop recovers: whoever asks another service for something has written
 * down before that it will (PENDING order, open checkout, outbox), asks again after a restart, and the
 * receiver tells a repeated request from a new one.
 *
 *   order    PENDING written ─────┐                       ┌── CREATED written
 *   catalog                       └─ reservation written ─┘
 *   T may lie anywhere here:  |          |            |          |      each of them heals
 *
 * Files of different moments are not such a state. A catalog copied later than the orders holds stock
 * for orders that nobody knows, so nobody ever gives it back; one copied earlier lacks the reservation
 * of an order that stands, so its goods can be sold twice. What was received must have been sent: with
 * all four files locked at once nobody can have received what a copy does not show as sent.
 */

/**
 * Writes the backup into `to`, which must be new or empty. It gets its name when all of it is on
 * disk, so half a backup never looks like one.
 *
 * @param options.version of the build, for the manifest
 * @throws Error in one sentence; then nothing is left behind
 */
export async function takeBackup(options: {
  readonly dataDir: string
  readonly to: string
  readonly version: string
}): Promise<Manifest> {
  const { dataDir, to, version } = options
  refuseTaken(to)
  const partial = `${to}.partial`
  mkdirSync(dirname(to), { recursive: true })
  claim(partial)
  try {
    const manifest = await fill(partial, dataDir, version)
    renameSync(partial, to)
    flush(dirname(to))
    return manifest
  } catch (error) {
    rmSync(partial, { recursive: true, force: true })
    throw error
  }
}

async function fill(folder: string, dataDir: string, version: string): Promise<Manifest> {
  const copies = databaseFiles(dataDir).map(({ service, file }) => ({
    service,
    from: file,
    to: join(folder, backupFileName(service)),
  }))
  const cut = await copyTogether(copies)
  const files = copies.map(({ service, to }) => {
    const schema_version = sealCopy(to)
    chmodSync(to, 0o600)
    flush(to)
    return { service, name: backupFileName(service), schema_version, ...digest(to) }
  })
  const manifest: Manifest = {
    format: 1,
    taken_at: toRfc3339(cut.at),
    version,
    writes_held_ms: Math.ceil(cut.held * 10) / 10,
    files,
  }
  writeDurably(manifestFile(folder), `${JSON.stringify(manifest, null, 2)}\n`)
  flush(folder)
  return manifest
}

function refuseTaken(to: string): void {
  if (!existsSync(to)) return
  if (readdirSync(to).length > 0) {
    throw new Error(`The folder ${to} is not empty: name a new one with --to.`)
  }
}

/** Passwords' hashes and addresses lie here: for the owner's eyes alone. */
function claim(partial: string): void {
  try {
    mkdirSync(partial, { mode: 0o700 })
  } catch (error) {
    if ((error as { code?: string }).code !== 'EEXIST') throw error
    throw new Error(
      `The folder ${partial} is there: another backup is under way, or one was interrupted; then remove it.`,
      { cause: error },
    )
  }
}
