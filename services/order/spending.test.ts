/** What several users have spent, asked in one call: one of them that cannot be told spoils no other. */
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { createBodyIntake } from '../../core/http/body-intake.ts'
import { inboundOf, jsonOf } from '../../core/http/inbound.fixture.ts'
import { compileRoute } from '../../core/http/pipeline.ts'
import { newId, type UserId } from '../../core/values/ids.ts'
import { manualClock, millis } from '../../core/values/time.ts'
import { createListing } from './listing.ts'
import { orderRoutes } from './routes.ts'
import { processOf } from './saga.fixture.ts'
import { createStockModel } from './stock.model.ts'
import { openSqliteOrderStore } from './store.sqlite.ts'
import type { OrderStore } from './store.ts'

const clock = manualClock(1_800_000_000_000)
const [one, other, broken] = [newId<UserId>(), newId<UserId>(), newId<UserId>()]
let store: OrderStore

beforeEach(() => {
  store = openSqliteOrderStore({ path: ':memory:', clock })
})
afterEach(() => store.close())

async function ask(users: readonly UserId[]) {
  const watched: OrderStore = {
    ...store,
    spending: async (user) => {
      if (user === broken) throw new RangeError('no exact number')
      return store.spending(user)
    },
  }
  const { placing, moves } = processOf({ clock }, watched, createStockModel(new Map()))
  const listing = createListing(watched, clock, millis(0))
  const routes = orderRoutes({ placing, moves, listing, store: watched })
  const route = routes.find(({ operation }) => operation === 'get_spending')
  if (route === undefined) throw new Error('There is no such route.')
  const handle = compileRoute(route, {
    bodies: createBodyIntake({ places: 1, patience: 60_000 }),
    authenticate: () => ({ kind: 'service', name: 'user' }),
    clock,
    addressOf: () => '',
  })
  const body = JSON.stringify({ user_ids: users })
  const reply = await handle(inboundOf({ method: 'POST', target: route.path, body }), {})
  return { status: reply.status, body: jsonOf(reply) }
}

test('a user whose spending cannot be told is left out', async () => {
  expect(await ask([one, broken, other])).toEqual({
    status: 200,
    body: {
      spending: [
        { user_id: one, total_spent: 0 },
        { user_id: other, total_spent: 0 },
      ],
    },
  })
})

test('where nobody’s can be told, the call fails', async () => {
  expect((await ask([broken])).status).toBe(500)
})
