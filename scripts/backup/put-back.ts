/** Puts a backup into a data folder: all four databases or none, and what was there is kept. */
import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  rmSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { flush } from '../../core/files/durable.ts'
import { checkCopy, isInUse } from '../../core/sqlite/backup.ts'
import { toRfc3339, type Clock } from '../../core/values/time.ts'
import { lockFolder } from '../shop/lock.ts'
import { databaseFile, databaseFiles, schemaVersions } from './databases.ts'
import { digest, readManifest, type BackupFile, type Manifest } from './manifest.ts'

export interface PutBack {
  readonly manifest: Manifest
  /** Where the files are that were there before; null when there were none. */
  readonly aside: string | null
}

/**
 * Replaces the databases of a data folder by those of a backup.
 *
 * ```
 *   copy to data/restoring, check hash and every page      the shop's files are not touched
 *   data/catalog/catalog.db ──► data/replaced-<time>/catalog/catalog.db     milliseconds
 *   data/restoring/catalog.db ──► data/catalog/catalog.db                   from here on
 * ```
 *
 * @throws Error in one sentence: a shop runs, or the backup is not whole, or is of a newer build
 */
export function putBack(options: {
  readonly from: string
  readonly dataDir: string
  readonly clock: Clock
}): PutBack {
  const { from, dataDir, clock } = options
  const manifest = readManifest(from)
  for (const each of manifest.files) refuseNewer(each)
  const lock = lockFolder(dataDir)
  if (lock.kind === 'held') {
    throw new Error(`A shop runs on ${dataDir} (process ${lock.pid}): stop it first.`)
  }
  const staging = join(dataDir, 'restoring')
  try {
    refuseOpen(dataDir)
    // What an interrupted restore has left; only copies lie there.
    rmSync(staging, { recursive: true, force: true })
    mkdirSync(staging, { mode: 0o700 })
    for (const each of manifest.files) stage(each, from, staging)
    // Copying took a while, in which a service can have been started.
    refuseOpen(dataDir)
    const aside = join(dataDir, `replaced-${toRfc3339(clock.now()).replaceAll(':', '-')}`)
    const moves = present(dataDir, aside)
    swap(moves, manifest.files.map(installation(staging, dataDir)))
    return { manifest, aside: moves.length > 0 ? aside : null }
  } finally {
    rmSync(staging, { recursive: true, force: true })
    lock.release()
  }
}

function refuseNewer({ service, schema_version: version }: BackupFile): void {
  const known = schemaVersions[service]
  if (version <= known) return
  throw new Error(
    `The backup's ${service} data has schema version ${version}, but this build knows only up to ${known}: restore it with the build that took it.`,
  )
}

/** Services that were started one by one hold no lock of the folder, but their files are open. */
function refuseOpen(dataDir: string): void {
  const open = databaseFiles(dataDir).find(({ file }) => isInUse(file))
  if (open === undefined) return
  throw new Error(`A process has ${open.file} open: stop the ${open.service} service first.`)
}

/** Checks what was copied, not what was read: the copy is what the shop will live on. */
function stage({ name, bytes, sha256 }: BackupFile, from: string, staging: string): void {
  const source = join(from, name)
  if (!existsSync(source)) throw new Error(`The backup lacks its file ${source}.`)
  const copy = join(staging, name)
  copyFileSync(source, copy, constants.COPYFILE_EXCL)
  chmodSync(copy, 0o600)
  const found = digest(copy)
  if (found.bytes !== bytes || found.sha256 !== sha256) {
    throw new Error(`The file ${source} is not what the manifest says: it was changed or cut off.`)
  }
  checkCopy(copy)
  flush(copy)
}

interface Move {
  readonly from: string
  readonly to: string
}

/** A log without its file, or a file without its log, would be a wrong database: they go together. */
const present = (dataDir: string, aside: string): readonly Move[] =>
  databaseFiles(dataDir).flatMap(({ service, file }) =>
    ['', '-wal', '-shm']
      .map((ending) => ({
        from: `${file}${ending}`,
        to: join(aside, service, `${service}.db${ending}`),
      }))
      .filter(({ from }) => existsSync(from)),
  )

const installation =
  (staging: string, dataDir: string) =>
  ({ service, name }: BackupFile): Move => ({
    from: join(staging, name),
    to: databaseFile(dataDir, service),
  })

/** Moves the old files out and the new ones in; when one cannot be moved, all are put back. */
function swap(out: readonly Move[], into: readonly Move[]): void {
  const done: Move[] = []
  try {
    for (const each of [...out, ...into]) {
      move(each)
      done.push(each)
    }
  } catch (error) {
    for (const { from, to } of done.reverse()) move({ from: to, to: from })
    throw error
  }
}

/** By a link, not by a rename: it fails where somebody has just made a file of that name. */
function move({ from, to }: Move): void {
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 })
  linkSync(from, to)
  rmSync(from)
  flush(dirname(to))
  flush(dirname(from))
}
