/** The SQLite store against the suite, and what is SQLite's own: it survives being opened again. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'bun:test'
import { newId, type Revision, type UserId } from '../../core/values/ids.ts'
import { manualClock } from '../../core/values/time.ts'
import { cartStoreConformance } from './store.conformance.ts'
import { openSqliteCartStore } from './store.sqlite.ts'

const newPath = () => join(mkdtempSync(join(tmpdir(), 'cart-')), 'cart.db')

cartStoreConformance('SQLite', async (clock) => openSqliteCartStore({ path: newPath(), clock }))

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
