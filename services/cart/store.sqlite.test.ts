/** The SQLite store against the suite, and what is SQLite's own: it survives being opened again. */
import { join } from 'node:path'
import { expect, test } from 'bun:test'
import { temporaryFolder } from '../../core/files/temporary-folder.fixture.ts'
import { openDatabase } from '../../core/sqlite/database.ts'
import { newId, type ProductId, type Revision, type UserId } from '../../core/values/ids.ts'
import { manualClock } from '../../core/values/time.ts'
import { migrations } from './migrations.sqlite.ts'
import { cartStoreConformance } from './store.conformance.ts'
import { openSqliteCartStore } from './store.sqlite.ts'

const newPath = () => join(temporaryFolder('cart'), 'cart.db')

cartStoreConformance(
  'SQLite',
  async (clock) => openSqliteCartStore({ path: newPath(), clock }),
  'dropped',
)

test('an acknowledged cart is there when the file is opened again', async () => {
  const clock = manualClock(1_800_000_000_000)
  const path = newPath()
  const user = newId<UserId>()
  const first = openSqliteCartStore({ path, clock })
  const next = { revision: newId<Revision>(), lines: [], at: clock.now() }
  await first.save(user, null, next)
  await first.close()
  const second = openSqliteCartStore({ path, clock })
  expect((await second.load(user)).cart?.revision).toBe(next.revision)
  await second.close()
})

test('a file of the first release keeps its carts and takes views from now on', async () => {
  const clock = manualClock(1_800_000_000_000)
  const path = newPath()
  const user = newId<UserId>()
  const revision = newId<Revision>()
  const old = openDatabase({ path, migrations: migrations.slice(0, 1), service: 'cart' })
  const insert = old.statement('INSERT INTO carts VALUES (?, ?, ?, ?, ?)')
  await old.write(() => insert.run(user, revision, '[]', clock.now(), clock.now()))
  await old.close()
  const store = openSqliteCartStore({ path, clock })
  expect((await store.load(user)).cart?.revision).toBe(revision)
  const view = { productId: newId<ProductId>(), at: clock.now() }
  await store.noteView(user, view)
  expect(await store.views(user)).toEqual([view])
  await store.close()
})
