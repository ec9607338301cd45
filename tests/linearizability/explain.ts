/** A verdict in words: the history of the broken object, and how far an order of it was found. */
import type { Operation, Verdict } from './checker.ts'

/**
 * One line an operation, by the time of its call: `3.` is the third in the longest order, `??` is one
 * that had to come next and could not, a mere `-` is for those that were not reached.
 */
export function explain<Input, Output>(
  verdict: Verdict<Input, Output>,
  history: readonly Operation<Input, Output>[],
): string {
  if (verdict.linearizable) return `All ${verdict.objects} objects are linearizable.`
  const { object, order, stuck } = verdict
  const place = new Map(order.map((operation, at) => [operation, `${at + 1}.`]))
  for (const operation of stuck) place.set(operation, '??')
  const lines = history
    .filter((operation) => operation.object === object)
    .toSorted((a, b) => a.invoked - b.invoked)
    .map((operation) => {
      const { invoked, returned, input, output } = operation
      const time = `${invoked.toFixed(1)} to ${output === null ? '...' : returned.toFixed(1)}`
      const answer = output === null ? 'no answer' : JSON.stringify(output)
      return `${place.get(operation) ?? '-'}\t${time}\t${JSON.stringify(input)} -> ${answer}`
    })
  return `${object} is not linearizable.\n${lines.join('\n')}`
}
