/**
 * Call trees as the page's script reads them: functions once, nodes as short arrays.
 *
 * ```
 *   [function, own samples, [children …]]            of one profile
 *   [function, own samples, [children …], before]    of two, with the own samples of the first
 * ```
 */
import {
  invertedTree,
  keyOf,
  newRoot,
  placeOf,
  totalOf,
  type CalledFunction,
  type CallNode,
} from '../call-tree.ts'
import { functionTimes } from '../stats.ts'

export type GraphNode =
  | readonly [called: number, self: number, children: readonly GraphNode[]]
  | readonly [called: number, self: number, children: readonly GraphNode[], before: number]

/** Whose code it is, for the color. */
export type Area = 'services' | 'core' | 'packages' | 'native'

export type GraphFunction = readonly [name: string, place: string, area: Area]

/** Samples of a function: own and whole, and in the profile of two also those of before. */
export type GraphRow = readonly [called: number, self: number, total: number, ...before: number[]]

export interface GraphView {
  readonly label: string
  readonly tree: GraphNode
  /** The callers below each function. */
  readonly inverted: GraphNode
  readonly rows: readonly GraphRow[]
}

export interface GraphData {
  readonly functions: readonly GraphFunction[]
  readonly views: readonly GraphView[]
  readonly compared: boolean
}

/** What to show under a label; `before` makes it a comparison. */
export interface ViewSource {
  readonly label: string
  readonly tree: CallNode
  readonly before?: CallNode
}

export function graphDataOf(sources: readonly ViewSource[]): GraphData {
  const numbers = new Map<string, number>()
  const functions: GraphFunction[] = []
  const numberOf = (called: CalledFunction): number => {
    const key = keyOf(called)
    let number = numbers.get(key)
    if (number === undefined) {
      number = functions.push([called.name, placeOf(called), areaOf(called)]) - 1
      numbers.set(key, number)
    }
    return number
  }

  function encode(after: CallNode | undefined, before: CallNode | undefined): GraphNode {
    const called = (after ?? before ?? newRoot()).called
    const keys = new Set([...(after?.children.keys() ?? []), ...(before?.children.keys() ?? [])])
    const children = [...keys]
      .map((key) => [after?.children.get(key), before?.children.get(key)] as const)
      .map(([newer, older]) => ({
        size: sizeOf(newer) + sizeOf(older),
        node: encode(newer, older),
      }))
      .sort((a, b) => b.size - a.size)
      .map(({ node }) => node)
    const number = numberOf(called)
    const self = after?.self ?? 0
    return before === undefined && !compared
      ? [number, self, children]
      : [number, self, children, before?.self ?? 0]
  }

  function rowsOf(after: CallNode, before: CallNode | undefined): readonly GraphRow[] {
    const rows = new Map<number, [number, number, number, number]>()
    const add = (tree: CallNode, at: 0 | 2): void => {
      for (const { called, self, total } of functionTimes(tree)) {
        const number = numberOf(called)
        const row = rows.get(number) ?? [0, 0, 0, 0]
        row[at] = self
        row[at + 1] = total
        rows.set(number, row)
      }
    }
    add(after, 0)
    if (before !== undefined) add(before, 2)
    return [...rows].map(
      ([number, row]) => [number, ...row.slice(0, compared ? 4 : 2)] as const,
    ) as unknown as GraphRow[]
  }

  const compared = sources.some(({ before }) => before !== undefined)
  const views = sources.map(({ label, tree, before }): GraphView => ({
    label,
    tree: encode(tree, before),
    inverted: encode(invertedTree(tree), before && invertedTree(before)),
    rows: rowsOf(tree, before),
  }))
  return { functions, views, compared }
}

const sizeOf = (node: CallNode | undefined): number => (node === undefined ? 0 : totalOf(node))

function areaOf({ file }: CalledFunction): Area {
  if (file === '') return 'native'
  if (file.startsWith('services/')) return 'services'
  return file.startsWith('core/') ? 'core' : 'packages'
}
