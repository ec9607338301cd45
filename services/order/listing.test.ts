/** Cursors of lists: a place where an order can be, or 400. */
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { alwaysWanted } from '../../core/http/wanted.ts'
import { newId, type UserId } from '../../core/values/ids.ts'
import { manualClock, millis } from '../../core/values/time.ts'
import { createListing } from './listing.ts'
import { openSqliteOrderStore } from './store.sqlite.ts'
import type { OrderStore } from './store.ts'

const now = 1_800_000_000_000
const clock = manualClock(now)
let store: OrderStore

beforeEach(() => {
  store = openSqliteOrderStore({ path: ':memory:', clock })
})
afterEach(() => store.close())

const cursorAt = (time: number | string, id: string = newId<UserId>()): string =>
  Buffer.from(`${time}.${id}`).toString('base64url')

const page = (cursor: string, user: UserId | null = newId<UserId>()) =>
  createListing(store, clock, millis(0)).page({ user, limit: 9, cursor, wanted: alwaysWanted })

test.each([
  ['a time far ahead', cursorAt(999_999_999_999_999)],
  ['a time that no clock can have yet', cursorAt(now + 60_001)],
  ['a negative time', cursorAt(-1)],
  ['a broken time', cursorAt('1e15')],
  ['another id', cursorAt(now, 'x')],
  ['no time', Buffer.from('x').toString('base64url')],
])('a cursor with %s is refused', async (_what, cursor) => {
  for (const user of [newId<UserId>(), null]) {
    await expect(page(cursor, user)).rejects.toMatchObject({ code: 'bad_request' })
  }
})

test.each([0, now, now + 60_000])('a cursor at %p is a place in the list', async (time) => {
  expect(await page(cursorAt(time))).toEqual({ orders: [], nextCursor: null })
})
