/** Durable writes of 64 requests that arrive together; the files lie where the shop's own would. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase } from '../../core/sqlite/database.ts'
import type { Suite, Work } from './suite.ts'

const together = 64

const migrations = [
  {
    version: 1,
    name: 'rows',
    sql: 'CREATE TABLE rows (id INTEGER PRIMARY KEY, text TEXT NOT NULL)',
  },
]
const insert = 'INSERT INTO rows (text) VALUES (?)'

export default {
  mirrors: 'core/sqlite/group-commit.ts',
  operation: 'one durable row',
  batch: together,
  variants: {
    'one commit for all of a turn'() {
      const database = open()
      const statement = database.statement<[string]>(insert)
      const write = () => database.write(() => statement.run('a cart line'))
      return () => Promise.all(Array.from({ length: together }, write))
    },
    'a commit for each'(): Work {
      const database = open()
      const statement = database.statement<[string]>(insert)
      return () => {
        for (let at = 0; at < together; at++) statement.run('a cart line')
      }
    },
  },
} satisfies Suite

function open() {
  const directory = mkdtempSync(join(tmpdir(), 'group-commit-'))
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }))
  return openDatabase({ path: join(directory, 'rows.db'), service: 'bench', migrations })
}
