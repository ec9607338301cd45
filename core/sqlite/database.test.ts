/** The database: durable settings, typed statements, and two processes on one file. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openDatabase, type Database, type DatabaseOptions } from './database.ts'
import { fixtureMigrations as migrations } from './database.fixture.migrations.ts'

let folder: string
let path: string
let open: Database[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'database-'))
  path = join(folder, 'deep', 'test.db')
  open = []
})

afterEach(async () => {
  for (const database of open) await database.close()
  rmSync(folder, { recursive: true })
})

function start(options: Partial<DatabaseOptions> = {}): Database {
  const database = openDatabase({ path, migrations, service: 'test', ...options })
  open.push(database)
  return database
}

function spawnWriter(writer: string, count: number) {
  const fixture = join(import.meta.dir, 'database.fixture.ts')
  return Bun.spawn([process.execPath, fixture, path, writer, String(count)], {
    stdout: 'pipe',
    stderr: 'pipe',
  })
}

describe('an open database', () => {
  test('runs with WAL, full synchronisation and foreign keys', () => {
    const database = start()
    const pragma = (name: string) => Object.values(database.statement(`PRAGMA ${name}`).get() ?? {})
    expect(pragma('journal_mode')).toEqual(['wal'])
    expect(pragma('synchronous')).toEqual([2])
    expect(pragma('foreign_keys')).toEqual([1])
    expect(pragma('busy_timeout')).toEqual([2])
  })

  test('gives rows of the stated type, and one statement for one text', async () => {
    const database = start()
    const insert = database.statement<[string, number]>('INSERT INTO entries VALUES (?, ?)')
    const { changes } = await database.write(() => insert.run('a', 7))
    expect(changes).toBe(1)
    const sql = 'SELECT number FROM entries WHERE writer = ?'
    const select = database.statement<[string], { number: number }>(sql)
    expect(select.get('a')?.number).toBe(7)
    expect(select.all('a').map((row) => row.number)).toEqual([7])
    expect(select.get('b')).toBeUndefined()
    expect(database.statement<[string], { number: number }>(sql)).toBe(select)
  })

  test('tells the observer, where it wants to know, what may come and how writes went', async () => {
    const expected: string[] = []
    const batches: number[] = []
    let queued = (): number => -1
    const database = start({
      observe: Object.assign(() => {}, {
        expect: (operation: string) => void expected.push(operation),
        committed: (writes: number) => void batches.push(writes),
        watchQueue: (length: () => number) => {
          queued = length
        },
      }),
    })
    database.statement('SELECT 1', 'one')
    database.statement('SELECT 2')
    expect(expected).toEqual(['commit', 'one'])
    const writes = [1, 2, 3].map((n) => database.write(() => n))
    expect(queued()).toBe(3)
    await Promise.all(writes)
    expect(queued()).toBe(0)
    expect(batches).toEqual([3])
  })

  test('tells the observer of named statements and commits, and of nothing else', async () => {
    const seen: string[] = []
    const database = start({ observe: (operation) => seen.push(operation) })
    database.statement('SELECT 1').get()
    database.statement('SELECT 2', 'get_two').get()
    expect(seen).toEqual(['get_two'])
    await database.write(() => {})
    expect(seen).toEqual(['get_two', 'commit'])
  })

  test('passes the check until its file cannot be used', async () => {
    const database = start()
    expect(() => database.check()).not.toThrow()
    await database.close()
    expect(() => database.check()).toThrow('The data store is not available right now')
  })

  test('reads as a 503 when it is closed', async () => {
    const database = start()
    const select = database.statement('SELECT 1')
    await database.close()
    expect(() => select.get()).toThrow('The data store is not available right now')
  })
})

describe('closing', () => {
  test('finishes the writes under way and folds the log into the file', async () => {
    const database = start()
    const insert = database.statement<[string, number]>('INSERT INTO entries VALUES (?, ?)')
    const writes = Array.from({ length: 20 }, (_, number) =>
      database.write(() => insert.run('a', number)),
    )
    await database.close()
    await Promise.all(writes)
    const log = `${path}-wal`
    expect(existsSync(log) ? statSync(log).size : 0).toBe(0)
    const reader = new DatabaseSync(path)
    expect(reader.prepare('SELECT count(*) AS rows FROM entries').get()).toMatchObject({ rows: 20 })
    reader.close()
  })

  test('twice is the same as once', async () => {
    const database = start()
    await database.close()
    await database.close()
    await expect(database.write(() => {})).rejects.toMatchObject({ code: 'store_unavailable' })
  })
})

describe('two processes', () => {
  test('that start together on a new file migrate it once and lose no write', async () => {
    const writers = ['a', 'b', 'c'].map((writer) => spawnWriter(writer, 40))
    const results = await Promise.all(
      writers.map(async (child) => [await child.exited, await new Response(child.stderr).text()]),
    )
    expect(results).toEqual(Array(3).fill([0, '']))
    const database = start()
    const count = (sql: string) => Object.values(database.statement(sql).get() ?? {})
    expect(count('SELECT count(*) FROM entries')).toEqual([120])
    expect(count('SELECT count(*) FROM schema_migrations')).toEqual([2])
  }, 30_000)

  test('of which one is killed leave every acknowledged write', async () => {
    const child = spawnWriter('killed', 1_000_000)
    let acknowledged = ''
    for await (const chunk of child.stdout) {
      acknowledged += new TextDecoder().decode(chunk)
      if (acknowledged.split('\n').length > 50) break
    }
    child.kill('SIGKILL')
    await child.exited
    const numbers = acknowledged.slice(0, acknowledged.lastIndexOf('\n')).split('\n').map(Number)
    const select = start().statement<[], { number: number }>('SELECT number FROM entries')
    const stored = new Set(select.all().map((row) => row.number))
    expect(numbers.length).toBeGreaterThanOrEqual(50)
    expect(numbers.filter((number) => !stored.has(number))).toEqual([])
  }, 30_000)
})

test('a file that is no database is refused in one sentence', () => {
  const wrong = join(folder, 'wrong.db')
  writeFileSync(wrong, 'not a database'.repeat(100))
  expect(() => start({ path: wrong })).toThrow(
    /^The test database .*wrong\.db cannot be opened: .*\.$/,
  )
})
