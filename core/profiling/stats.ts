/** The functions of a call tree by the time that they take. */
import { keyOf, totalOf, type CalledFunction, type CallNode } from './call-tree.ts'

export interface FunctionTime {
  readonly called: CalledFunction
  /** Samples in the function itself. */
  readonly self: number
  /** Samples in it or in what it called; a function that calls itself counts once. */
  readonly total: number
}

export function functionTimes(tree: CallNode): readonly FunctionTime[] {
  const times = new Map<string, { called: CalledFunction; self: number; total: number }>()
  const visit = (node: CallNode, above: ReadonlySet<string>): void => {
    const { called } = node
    const key = keyOf(called)
    const known = times.get(key) ?? { called, self: 0, total: 0 }
    known.self += node.self
    if (!above.has(key)) known.total += totalOf(node)
    times.set(key, known)
    const path = new Set(above).add(key)
    for (const child of node.children.values()) visit(child, path)
  }
  for (const child of tree.children.values()) visit(child, new Set())
  return [...times.values()]
}

/** The first `limit` by own or by whole time, without those that have none. */
export const topFunctions = (
  times: readonly FunctionTime[],
  by: 'self' | 'total',
  limit: number,
): readonly FunctionTime[] =>
  times
    .filter((each) => each[by] > 0)
    .sort((a, b) => b[by] - a[by] || keyOf(a.called).localeCompare(keyOf(b.called)))
    .slice(0, limit)
