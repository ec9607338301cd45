/** What stands beside the files of a backup: which they are, and how to tell that they are whole. */
import { createHash } from 'node:crypto'
import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { serviceNames, type ServiceName } from '../../core/values/service-name.ts'

const File = Type.Object({
  service: Type.Enum([...serviceNames]),
  name: Type.String({ pattern: '^[a-z]+\\.db$' }),
  schema_version: Type.Integer({ minimum: 1 }),
  bytes: Type.Integer({ minimum: 1 }),
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
})

const Manifest = Type.Object({
  format: Type.Literal(1),
  /** The moment that all files show, RFC 3339. */
  taken_at: Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z$' }),
  /** Of the build that took it. */
  version: Type.String(),
  /** Milliseconds for which no service could write. */
  writes_held_ms: Type.Number({ minimum: 0 }),
  files: Type.Array(File),
})

export type Manifest = Static<typeof Manifest>
export type BackupFile = Static<typeof File>

export const manifestFile = (folder: string): string => join(folder, 'manifest.json')

export const backupFileName = (service: ServiceName): string => `${service}.db`

const compiled = Compile(Manifest)

/** Reads the manifest of a backup; throws one sentence when it is no whole one. */
export function readManifest(folder: string): Manifest {
  const file = manifestFile(folder)
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    const missing = (error as { code?: string }).code === 'ENOENT'
    throw new Error(
      missing ? `There is no backup in ${folder}: it has no manifest.json.` : unreadable(file),
      { cause: error },
    )
  }
  if (!compiled.Check(value)) throw new Error(unreadable(file))
  const services = value.files.map(({ service }) => service)
  if (serviceNames.some((name) => services.filter((each) => each === name).length !== 1)) {
    throw new Error(`The backup in ${folder} does not hold each service's data once.`)
  }
  return value
}

const unreadable = (file: string): string => `The file ${file} is not the manifest of a backup.`

/** Size and SHA-256 of a file, read in pieces: a database may be larger than the memory. */
export function digest(file: string): Pick<BackupFile, 'bytes' | 'sha256'> {
  const hash = createHash('sha256')
  const piece = Buffer.allocUnsafe(1024 * 1024)
  const descriptor = openSync(file, 'r')
  try {
    let bytes = 0
    for (;;) {
      const read = readSync(descriptor, piece)
      if (read === 0) return { bytes, sha256: hash.digest('hex') }
      bytes += read
      hash.update(piece.subarray(0, read))
    }
  } finally {
    closeSync(descriptor)
  }
}
