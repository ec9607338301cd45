/** The total at which a buyer orders or not at all, as a request says it. */
import { toMinor, type Minor } from '../values/money.ts'
import { invalid } from './validation.ts'

/**
 * The expected total of a body of the schema `ExpectedTotal`, in minor units; null where it names none.
 *
 * @throws validation_failed for more than two decimals, or more than can be exact
 */
export function expectedTotalOf(body: { readonly expected_total?: number }): Minor | null {
  if (body.expected_total === undefined) return null
  const total = toMinor(body.expected_total)
  if (total !== null) return total
  throw invalid([
    { path: '/expected_total', message: 'must be an amount with at most two decimals' },
  ])
}
