/** Who can still sign with an old key: seen from the databases, by a real process that has one open. */
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, statSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase } from '../../core/sqlite/database.ts'
import { databaseFile } from '../backup/databases.ts'
import { lastSigner } from './last-signer.ts'

let data: string

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'signer-'))
})
afterEach(() => rmSync(data, { recursive: true, force: true }))

const open = (service: 'user' | 'cart') =>
  openDatabase({ path: databaseFile(data, service), migrations: [], service })

test('a running process started no earlier than its database was opened', async () => {
  const before = Date.now()
  const database = open('user')
  const signer = lastSigner(data)('access')
  if (!signer.running) throw new Error('It runs.')
  // Clocks of files are coarser than ours.
  expect(signer.since).toBeGreaterThanOrEqual(before - 20)
  expect(signer.since).toBeLessThanOrEqual(Date.now())
  expect(lastSigner(data)('user')).toEqual(signer)
  await database.close()
})

test('a restart counts anew', async () => {
  const first = open('cart')
  const before = lastSigner(data)('cart')
  await first.close()
  const gone = Date.now()
  while (Date.now() < gone + 30) await Bun.sleep(5)
  const second = open('cart')
  const after = lastSigner(data)('cart')
  await second.close()
  if (!before.running || !after.running) throw new Error('Both ran.')
  expect(after.since).toBeGreaterThan(before.since)
})

test('a process that was killed signed nothing after its last write, as often as one looks', async () => {
  const body = `
    const { DatabaseSync } = require('node:sqlite')
    const database = new DatabaseSync(process.argv[1])
    database.exec('PRAGMA journal_mode = WAL; CREATE TABLE a (b); INSERT INTO a VALUES (1)')
    process.kill(process.pid, 'SIGKILL')`
  await open('user').close()
  const file = databaseFile(data, 'user')
  await Bun.spawn([process.execPath, '-e', body, file]).exited
  const written = statSync(`${file}-wal`).mtimeMs
  const anHourAgo = new Date(written - 3_600_000)
  utimesSync(file, anHourAgo, anHourAgo)
  const signer = lastSigner(data)
  expect(signer('access')).toEqual({ running: false, until: expect.closeTo(written, 0) })
  // The look has folded the log in, which writes the file; from then on it stays as it is.
  const second = signer('access')
  expect(signer('access')).toEqual(second)
})

test('without the database nothing can be told', () => {
  expect(() => lastSigner(data)('order')).toThrow(
    `There is no database ${databaseFile(data, 'order')}: name the shop's data folder with --data`,
  )
})
