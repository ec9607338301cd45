/** Copies: one moment for all files, whole files, and who has one open. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { manualClock } from '../values/time.ts'
import { checkCopy, copyTogether, isInUse, sealCopy } from './backup.ts'
import { openDatabase } from './database.ts'
import { fixtureMigrations as migrations } from './database.fixture.migrations.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'backup-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const file = (name: string): string => join(folder, name)
const open = (name: string) => openDatabase({ path: file(name), migrations, service: 'test' })

async function made(...names: string[]): Promise<void> {
  for (const name of names) await open(name).close()
}

function numbersIn(path: string): number[] {
  const database = new DatabaseSync(path, { readOnly: true })
  const rows = database.prepare('SELECT number FROM entries ORDER BY number').all()
  database.close()
  return rows.map((row) => Number(row['number']))
}

function countIn(path: string): number {
  const database = new DatabaseSync(path, { readOnly: true })
  const row = database.prepare('SELECT count(*) AS count FROM entries').get()
  database.close()
  return Number(row?.['count'])
}

const letters = ['a', 'b', 'c', 'd'] as const

/**
 * A process that commits each number to `a.db`, then to `b.db` and so on, as a sender records what it
 * asks for before a receiver can have it.
 */
function spawnSender() {
  const body = `
    const { DatabaseSync } = require('node:sqlite')
    const inserts = process.argv.slice(1).map((path) => {
      const database = new DatabaseSync(path)
      // As fast as it can: a gap between two locks must not stay unseen.
      database.exec('PRAGMA busy_timeout = 5000; PRAGMA synchronous = OFF')
      return database.prepare("INSERT INTO entries VALUES ('sender', ?)")
    })
    console.log('open')
    for (let number = 0; ; number++) for (const insert of inserts) insert.run(number)`
  const paths = letters.map((letter) => file(`${letter}.db`))
  return Bun.spawn([process.execPath, '-e', body, ...paths], { stdout: 'pipe' })
}

async function spoke(process: { stdout: ReadableStream<Uint8Array> }): Promise<void> {
  const reader = process.stdout.getReader()
  await reader.read()
  reader.releaseLock()
}

describe('copies taken together', () => {
  test('show one moment: nothing received that was not sent, at most one under way', async () => {
    await made(...letters.map((letter) => `${letter}.db`))
    const sender = spawnSender()
    try {
      await spoke(sender)
      let last = -1
      // A round in which the sender had no turn shows nothing.
      for (let moved = 0, round = 0; moved < 30; round++) {
        // Both ways: a gap shows as too much received in the one, as too much sent in the other.
        const order = round % 2 === 0 ? letters : letters.toReversed()
        const copyOf = (letter: string): string => file(`${letter}-${round}.db`)
        await copyTogether(order.map((each) => ({ from: file(`${each}.db`), to: copyOf(each) })))
        const counts = letters.map((letter) => countIn(copyOf(letter)))
        const sent = counts[0] ?? 0
        expect(counts).toEqual(counts.toSorted((a, b) => b - a))
        expect([sent, sent - 1]).toContain(counts.at(-1) ?? 0)
        if (sent > last) moved++
        last = sent
        for (const letter of letters) rmSync(copyOf(letter))
      }
    } finally {
      sender.kill('SIGKILL')
      await sender.exited
    }
  }, 60_000)

  test('hold everything that was acknowledged, also what is in the log alone', async () => {
    const database = open('a.db')
    const insert = database.statement<[string, number]>('INSERT INTO entries VALUES (?, ?)')
    for (let number = 0; number < 5; number++) await database.write(() => insert.run('a', number))
    const clock = manualClock(1_700_000_000_000)
    const cut = await copyTogether([{ from: file('a.db'), to: file('copy.db') }], { clock })
    await database.write(() => insert.run('a', 5))
    await database.close()
    expect(cut.at).toBe(clock.now())
    expect(numbersIn(file('copy.db'))).toEqual([0, 1, 2, 3, 4])
    expect(numbersIn(file('a.db'))).toEqual([0, 1, 2, 3, 4, 5])
  })

  test('leave no lock behind, whether they worked or not', async () => {
    await made('a.db', 'b.db')
    const holder = new DatabaseSync(file('b.db'))
    holder.exec('BEGIN IMMEDIATE')
    const copies = ['a', 'b'].map((name) => ({ from: file(`${name}.db`), to: file(`${name}2.db`) }))
    await expect(copyTogether(copies, { patience: 0 })).rejects.toThrow(
      'The databases were written without a pause',
    )
    expect(existsSync(file('a2.db'))).toBe(false)
    holder.exec('ROLLBACK')
    holder.close()
    await copyTogether(copies)
    for (const name of ['a.db', 'b.db']) expect(isInUse(file(name))).toBe(false)
  })

  test('are refused for a file that is not there, which is not made, and over one that is', async () => {
    await made('a.db')
    await expect(copyTogether([{ from: file('absent.db'), to: file('copy.db') }])).rejects.toThrow(
      `There is no database ${file('absent.db')}.`,
    )
    expect(existsSync(file('absent.db'))).toBe(false)
    writeFileSync(file('there.db'), 'mine')
    await expect(copyTogether([{ from: file('a.db'), to: file('there.db') }])).rejects.toThrow(
      `The copy ${file('there.db')} is there already.`,
    )
  })
})

describe('a copy', () => {
  test('stands alone once it is sealed, and tells its schema version', async () => {
    await made('a.db')
    const to = file('copy.db')
    await copyTogether([{ from: file('a.db'), to }])
    expect(sealCopy(to)).toBe(migrations.length)
    expect(checkCopy(to)).toBe(migrations.length)
    expect(readdirSync(folder).filter((name) => name.startsWith('copy'))).toEqual(['copy.db'])
  })

  test('is refused when it is damaged, another kind of file, or without a schema', async () => {
    await made('a.db')
    const to = file('copy.db')
    await copyTogether([{ from: file('a.db'), to }])
    sealCopy(to)
    const bytes = Buffer.from(await Bun.file(to).arrayBuffer())
    // The second page is the root of a table.
    bytes.fill(0xee, 4_096, 4_196)
    writeFileSync(to, bytes)
    expect(() => checkCopy(to)).toThrow(`The database ${to} is damaged: `)

    writeFileSync(file('text.db'), 'not a database, but long enough to be looked at '.repeat(50))
    expect(() => checkCopy(file('text.db'))).toThrow('is damaged: file is not a database')
    const other = new DatabaseSync(file('empty.db'))
    other.exec('CREATE TABLE other (a)')
    other.close()
    expect(() => checkCopy(file('empty.db'))).toThrow('is damaged: no such table')
    expect(() => checkCopy(file('absent.db'))).toThrow('is damaged: ')
    expect(existsSync(file('absent.db'))).toBe(false)
  })
})

describe('a file', () => {
  test('is in use from the opening of a database to its close', async () => {
    expect(isInUse(file('a.db'))).toBe(false)
    const database = open('a.db')
    expect(isInUse(file('a.db'))).toBe(true)
    const insert = database.statement<[string, number]>('INSERT INTO entries VALUES (?, ?)')
    await database.write(() => insert.run('a', 1))
    await database.close()
    expect(isInUse(file('a.db'))).toBe(false)
    expect(numbersIn(file('a.db'))).toEqual([1])
  })

  test('is in use by another process, and no more once that was killed', async () => {
    await made(...letters.map((letter) => `${letter}.db`))
    const sender = spawnSender()
    await spoke(sender)
    expect(isInUse(file('a.db'))).toBe(true)
    sender.kill('SIGKILL')
    await sender.exited
    expect(isInUse(file('a.db'))).toBe(false)
  })

  test('that is no database is not in use', () => {
    writeFileSync(file('text.db'), 'not a database, but long enough to be looked at '.repeat(50))
    expect(isInUse(file('text.db'))).toBe(false)
  })
})
