/** What the page's script is given: the same samples in every view, in both directions, of both profiles. */
import { describe, expect, test } from 'bun:test'
import { callTreeOf, totalOf } from '../call-tree.ts'
import { profileOf } from '../profile.fixture.ts'
import { graphDataOf, type GraphNode, type GraphRow } from './graph.ts'

const first = callTreeOf(
  profileOf(`
    fetch core/http/engine.ts:5 1
      get_cart services/cart/routes.ts:9 2
        parse native 4
      gone services/cart/cart.ts:2 8
  `),
)
const second = callTreeOf(
  profileOf(`
    fetch core/http/engine.ts:5 1
      get_cart services/cart/routes.ts:9 3
        parse native 2
    come node_modules/pino/pino.js:7 6
  `),
)

type Side = 'after' | 'before'
const ownOf = ([, self, , before = 0]: GraphNode, side: Side): number =>
  side === 'after' ? self : before
const sumOf = (node: GraphNode, side: Side): number =>
  node[2].reduce((sum, child) => sum + sumOf(child, side), ownOf(node, side))
const rowSum = (rows: readonly GraphRow[], at: number): number =>
  rows.reduce((sum, row) => sum + (row[at] ?? 0), 0)

describe('a flame graph', () => {
  const { functions, views, compared } = graphDataOf([
    { label: 'first', tree: first },
    { label: 'second', tree: second },
  ])
  test('has every sample in the graph, in the inverted one and in the table', () => {
    for (const [index, tree] of [first, second].entries()) {
      const view = views[index]
      if (view === undefined) throw new Error('A view is missing.')
      expect(sumOf(view.tree, 'after')).toBe(totalOf(tree))
      expect(sumOf(view.inverted, 'after')).toBe(totalOf(tree))
      expect(rowSum(view.rows, 1)).toBe(totalOf(tree))
    }
  })
  test('has each function once, with its place and whose code it is', () => {
    expect(compared).toBe(false)
    expect([...functions].sort()).toEqual([
      ['all', 'native', 'native'],
      ['come', 'node_modules/pino/pino.js:7', 'packages'],
      ['fetch', 'core/http/engine.ts:5', 'core'],
      ['get_cart', 'services/cart/routes.ts:9', 'services'],
      ['gone', 'services/cart/cart.ts:2', 'services'],
      ['parse', 'native', 'native'],
    ])
  })
  test('has the widest first', () => {
    const [, , children] = views[0]?.tree ?? [0, 0, []]
    const inner = children[0]?.[2] ?? []
    expect(inner.map((node) => sumOf(node, 'after'))).toEqual([8, 6])
  })
})

describe('a differential flame graph', () => {
  const data = graphDataOf([{ label: 'both', tree: second, before: first }])
  const [view] = data.views
  if (view === undefined) throw new Error('The view is missing.')

  test('has every sample of both profiles, in both directions and in the table', () => {
    expect(data.compared).toBe(true)
    for (const tree of [view.tree, view.inverted]) {
      expect(sumOf(tree, 'after')).toBe(totalOf(second))
      expect(sumOf(tree, 'before')).toBe(totalOf(first))
    }
    expect(rowSum(view.rows, 1)).toBe(totalOf(second))
    expect(rowSum(view.rows, 3)).toBe(totalOf(first))
  })
  test('shows what is gone and what has come', () => {
    const row = (name: string) => {
      const number = data.functions.findIndex(([each]) => each === name)
      return view.rows.find(([called]) => called === number)?.slice(1)
    }
    expect(row('gone')).toEqual([0, 0, 8, 8])
    expect(row('come')).toEqual([6, 6, 0, 0])
    expect(row('get_cart')).toEqual([3, 5, 2, 6])
  })
})
