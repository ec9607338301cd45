/** The profile: a user's own data with what cart and order service know, as far as they answer. */
import type { Within } from '../../core/clients/within.ts'
import { Problem } from '../../core/http/problem.ts'
import { deadlineIn } from '../../core/resilience/deadline.ts'
import type { Carts, Orders } from './peers.ts'
import { userOnTheWire, type DegradedPart } from './schemas.ts'
import type { User } from './users.ts'

/** Milliseconds a peer has: what it does not tell by then is left out, not waited for. */
const partBudget = 1_000
const listedOrders = 100

export function createProfiles({ carts, orders }: { carts: Carts; orders: Orders }) {
  return {
    /** The user with `total_spent`, which is null and named in `degraded` when it cannot be had. */
    async user(user: User, within: Within) {
      const spent = await part('total_spent', orders.totalSpent(user.id, hurried(within)))
      const degraded = missing([spent])
      return {
        ...userOnTheWire(user, spent.value ?? null),
        ...(degraded.length > 0 && { degraded }),
      }
    },

    /** All parts at once; it takes as long as the slowest one that answers. */
    async profile(user: User, within: Within) {
      const hurry = hurried(within)
      const [cart, page, spent] = await Promise.all([
        part('cart', carts.total(user.id, hurry)),
        part('orders', orders.list(user.id, { limit: listedOrders }, hurry)),
        part('total_spent', orders.totalSpent(user.id, hurry)),
      ])
      return {
        ...userOnTheWire(user, spent.value ?? null),
        current_cart_total: cart.value ?? null,
        orders: [...(page.value?.orders ?? [])],
        degraded: missing([cart, page, spent]),
      }
    },
  }
}

export type Profiles = ReturnType<typeof createProfiles>

/** What a peer told, or no value where it could not. */
interface Part<T> {
  readonly name: DegradedPart
  readonly value?: T
}

const missing = (parts: readonly Part<unknown>[]): DegradedPart[] =>
  parts.filter((each) => !('value' in each)).map(({ name }) => name)

const hurried = ({ deadline, trace }: Within): Within => ({
  deadline: deadlineIn(Math.min(partBudget, deadline.remaining())),
  trace,
})

/** Only a peer's failure degrades a part; a defect of ours stays an error. */
async function part<T>(name: DegradedPart, value: Promise<T>): Promise<Part<T>> {
  try {
    return { name, value: await value }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return { name }
  }
}
