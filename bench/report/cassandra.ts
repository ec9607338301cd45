/** The Cassandra halves of the goals: reads, and what is bought. */
import { checkoutGoal, goalOf, hotGoal, shareOf, type Goal } from './goal.ts'
import type { CassandraResults } from './results.ts'

/** P3; null for a run that has not been made. */
export const readingGoal = (results: CassandraResults | null): Goal =>
  goalOf(
    'P3',
    'product by id, Cassandra: at least 85 % of a bare driver loop with the same statement',
    shareOf(results?.reading, ['shop, each answer read from the store', 'bare driver'], 0.85),
  )

/** P9. */
export const buyingGoals = (results: CassandraResults | null): readonly Goal[] => [
  checkoutGoal('Cassandra', results?.checkouts),
  goalOf(
    'P9',
    'reservation, Cassandra: at least 50 % of a bare driver loop of the conditional batch alone',
    shareOf(
      results?.reserving,
      ['shop, spread over products', 'bare driver, the conditional batch alone'],
      0.5,
    ),
  ),
  hotGoal('Cassandra', results?.reserving),
]
