/** Taking a backup and putting it back: what is refused, and that nothing is ever half done or lost. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openDatabase } from '../../core/sqlite/database.ts'
import { manualClock } from '../../core/values/time.ts'
import { serviceNames, type ServiceName } from '../../core/values/service-name.ts'
import { databaseFile, databaseFiles, schemaVersions } from './databases.ts'
import { manifestFile, readManifest } from './manifest.ts'
import { putBack } from './put-back.ts'
import { takeBackup } from './take.ts'

const clock = manualClock(Date.parse('2026-03-01T12:00:00Z'))
const asideName = 'replaced-2026-03-01T12-00-00.000Z'

let folder: string
let data: string

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'backup-'))
  data = await made('data', 'first')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A data folder whose databases all hold `word`. */
async function made(name: string, word: string): Promise<string> {
  const dir = join(folder, name)
  const migrations = [{ version: 1, name: 'words', sql: 'CREATE TABLE words (word TEXT) STRICT' }]
  for (const { service, file } of databaseFiles(dir)) {
    const database = openDatabase({ path: file, migrations, service })
    const insert = database.statement<[string]>('INSERT INTO words VALUES (?)')
    await database.write(() => insert.run(word))
    await database.close()
  }
  return dir
}

function words(dir: string, of: readonly ServiceName[] = serviceNames): readonly unknown[] {
  return of.map((service) => {
    const file = databaseFile(dir, service)
    const database = new DatabaseSync(file, { readOnly: true })
    try {
      return database.prepare('SELECT word FROM words').get()?.['word']
    } finally {
      database.close()
    }
  })
}

const take = (from = data, to = join(folder, 'backup')) =>
  takeBackup({ dataDir: from, to, version: '1.2.3' })
const back = (dataDir: string, from = join(folder, 'backup')) => putBack({ from, dataDir, clock })
const four = (word: string): readonly string[] => serviceNames.map(() => word)

describe('a backup', () => {
  test('says what it holds, is closed to others, and comes back as it was', async () => {
    const manifest = await take()
    expect(manifest).toEqual(readManifest(join(folder, 'backup')))
    expect(manifest.version).toBe('1.2.3')
    expect(manifest.files.map(({ service }) => service)).toEqual([...serviceNames])
    for (const { name, bytes } of manifest.files) {
      expect(statSync(join(folder, 'backup', name)).size).toBe(bytes)
    }
    expect(statSync(join(folder, 'backup')).mode & 0o777).toBe(0o700)
    const empty = join(folder, 'new')
    expect(back(empty)).toEqual({ manifest, aside: null })
    expect(words(empty)).toEqual(four('first'))
  })

  test('leaves nothing behind when it fails', async () => {
    writeFileSync(databaseFile(data, 'user'), 'not a database, but long enough '.repeat(50))
    await expect(take()).rejects.toThrow('file is not a database')
    expect(readdirSync(folder)).toEqual(['data'])
  })

  test('never shares a folder, also not with what an interrupted one left', async () => {
    await take()
    await expect(take()).rejects.toThrow('is not empty: name a new one with --to.')
    mkdirSync(join(folder, 'other.partial'))
    await expect(take(data, join(folder, 'other'))).rejects.toThrow(
      'another backup is under way, or one was interrupted',
    )
    expect(existsSync(join(folder, 'other.partial'))).toBe(true)
    mkdirSync(join(folder, 'empty'))
    await take(data, join(folder, 'empty'))
  })
})

describe('putting back', () => {
  const aside = (): string => join(folder, 'later', asideName)

  test('keeps what was there, also a database that cannot be read, with its log', async () => {
    await take()
    const later = await made('later', 'second')
    const broken = databaseFile(later, 'user')
    writeFileSync(broken, 'not a database, but long enough '.repeat(50))
    writeFileSync(`${broken}-wal`, 'a log')
    expect(back(later).aside).toBe(aside())
    expect(words(later)).toEqual(four('first'))
    expect(existsSync(`${broken}-wal`)).toBe(false)
    expect(readFileSync(join(aside(), 'user/user.db-wal'), 'utf8')).toBe('a log')
    expect(readFileSync(join(aside(), 'user/user.db'), 'utf8')).toStartWith('not a database')
    expect(readdirSync(later).sort()).toEqual([...serviceNames, asideName, 'run'].sort())
    expect(readdirSync(join(later, 'run'))).toEqual([])
  })

  test('changes all or nothing: what was moved is moved back when a place is taken', async () => {
    await take()
    const later = await made('later', 'second')
    rmSync(join(later, 'user'), { recursive: true })
    // A file where the last folder should be, so three databases are in place when it fails.
    writeFileSync(join(later, 'user'), 'in the way')
    expect(() => back(later)).toThrow()
    expect(words(later, ['catalog', 'cart', 'order'])).toEqual(['second', 'second', 'second'])
    expect(existsSync(join(later, 'restoring'))).toBe(false)
  })

  test('is refused while a shop runs on the folder', async () => {
    await take()
    const later = await made('later', 'second')
    const body = "console.log('up'); setTimeout(() => {}, 60_000)"
    const launcher = Bun.spawn([process.execPath, '-e', body, 'start.ts'], { stdout: 'pipe' })
    // Until it runs, its command is still that of this process.
    await launcher.stdout.getReader().read()
    mkdirSync(join(later, 'run'))
    writeFileSync(join(later, 'run/launcher.pid'), `${launcher.pid}\n`)
    try {
      expect(() => back(later)).toThrow(
        `A shop runs on ${later} (process ${launcher.pid}): stop it first.`,
      )
    } finally {
      launcher.kill('SIGKILL')
      await launcher.exited
    }
    expect(words(later)).toEqual(four('second'))
    back(later)
    expect(words(later)).toEqual(four('first'))
  })

  test('is refused while a single service has its database open', async () => {
    await take()
    const later = await made('later', 'second')
    const open = new DatabaseSync(databaseFile(later, 'order'))
    open.prepare('SELECT * FROM words').get()
    expect(() => back(later)).toThrow('order.db open: stop the order service first.')
    open.close()
    expect(words(later)).toEqual(four('second'))
  })

  test('is refused for what is no whole backup, before anything is touched', async () => {
    await take()
    const later = await made('later', 'second')
    const whole = readManifest(join(folder, 'backup'))
    const [first, ...others] = whole.files
    if (first === undefined) throw new Error('The manifest is empty.')
    const newer = { ...first, schema_version: schemaVersions[first.service] + 1 }
    const damage: readonly (readonly [string, (dir: string) => void])[] = [
      ['it has no manifest.json', (dir) => rmSync(manifestFile(dir))],
      ['is not the manifest of a backup', (dir) => writeFileSync(manifestFile(dir), '{"format":')],
      ['is not the manifest of a backup', (dir) => rewrite(dir, { ...whole, format: 2 })],
      [
        'is not the manifest of a backup',
        (dir) => rewrite(dir, { ...whole, files: [{ ...first, name: '../user.db' }, ...others] }),
      ],
      [
        "does not hold each service's data once",
        (dir) => rewrite(dir, { ...whole, files: others }),
      ],
      [
        `this build knows only up to ${schemaVersions[first.service]}`,
        (dir) => rewrite(dir, { ...whole, files: [newer, ...others] }),
      ],
      ['The backup lacks its file', (dir) => rmSync(join(dir, first.name))],
      [
        'is not what the manifest says',
        (dir) => writeFileSync(join(dir, first.name), 'shorter than it was'),
      ],
      ['There is no backup in', (dir) => rmSync(dir, { recursive: true })],
    ]
    for (const [index, [sentence, harm]] of damage.entries()) {
      const copy = join(folder, `copy-${index}`)
      cpSync(join(folder, 'backup'), copy, { recursive: true })
      harm(copy)
      expect(() => back(later, copy)).toThrow(sentence)
    }
    expect(words(later)).toEqual(four('second'))
    expect(readdirSync(later).sort()).toEqual([...serviceNames, 'run'].sort())
  })

  test('checks every page, also where the hash was made to fit', async () => {
    const manifest = await take()
    const file = join(folder, 'backup/user.db')
    const bytes = readFileSync(file)
    bytes.fill(0xee, 4_096, 4_196)
    writeFileSync(file, bytes)
    const sha256 = new Bun.CryptoHasher('sha256').update(bytes).digest('hex')
    rewrite(dirname(file), {
      ...manifest,
      files: manifest.files.map((each) => (each.service === 'user' ? { ...each, sha256 } : each)),
    })
    expect(() => back(join(folder, 'new'))).toThrow('user.db is damaged: ')
  })

  function rewrite(dir: string, manifest: unknown): void {
    writeFileSync(manifestFile(dir), JSON.stringify(manifest))
  }
})
