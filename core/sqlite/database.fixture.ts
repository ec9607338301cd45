/** A process of its own for the database tests: writes rows and says which are acknowledged. */
import { openDatabase, whenUnlocked } from './database.ts'
import { fixtureMigrations } from './database.fixture.migrations.ts'

const [path = '', writer = '', count = '0'] = process.argv.slice(2)
const database = await whenUnlocked(() =>
  openDatabase({ path, service: 'test', migrations: fixtureMigrations }),
)
const insert = database.statement<[string, number]>('INSERT INTO entries VALUES (?, ?)')
// All writes of a turn share a transaction; the turns of both processes take turns at the lock.
for (let number = 0; number < Number(count); number += 1) {
  await database.write(() => insert.run(writer, number))
  process.stdout.write(`${number}\n`)
}
await database.close()
