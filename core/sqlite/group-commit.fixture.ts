/** A process of its own that writes until its file may not grow any more, and says what it is told. */
import { DatabaseSync } from 'node:sqlite'
import { Problem } from '../http/problem.ts'
import { groupCommit } from './group-commit.ts'

// Past the limit of `ulimit -f` the system sends this signal, and fails the write where it is taken.
process.on('SIGXFSZ', () => {})
const connection = new DatabaseSync(process.argv[2] ?? '')
connection.exec('PRAGMA journal_mode = WAL; CREATE TABLE blobs (bytes BLOB)')
const writer = groupCommit(connection, { maxBatch: 1 })
const insert = connection.prepare('INSERT INTO blobs VALUES (zeroblob(100000))')
const code = (error: unknown): string => (error instanceof Problem ? error.code : String(error))

let failure: string | null = null
while (failure === null) {
  failure = await writer.write(() => insert.run()).then(() => null, code)
}
console.log(failure)
try {
  writer.check()
  console.log('well')
} catch (error) {
  console.log(code(error))
}
