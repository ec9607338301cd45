/** Profiles as call trees, from either end. */
import { describe, expect, test } from 'bun:test'
import { callTreeOf, invertedTree, totalOf, type CallNode } from './call-tree.ts'
import { withIdleTime } from './cpu-profile.ts'
import { profileOf, shown } from './profile.fixture.ts'

const busy = profileOf(`
  fetch core/engine.ts:5 1
    dispatch core/application.ts:9 2
      parse native 4
    dispatch core/application.ts:9 3
  parse native 5
    parse native 6
`)

/** Self of all nodes is the total of the root, in every subtree. */
function expectSums(node: CallNode): number {
  let sum = node.self
  for (const child of node.children.values()) sum += expectSums(child)
  expect(totalOf(node)).toBe(sum)
  return sum
}

describe('a call tree', () => {
  test('holds every sample once, and equal callees of one caller as one', () => {
    const tree = callTreeOf(busy)
    expect(shown(tree)).toEqual([
      'all native 0',
      '  fetch core/engine.ts:5 1',
      '    dispatch core/application.ts:9 5',
      '      parse native 4',
      '  parse native 5',
      '    parse native 6',
    ])
    expect(expectSums(tree)).toBe(busy.samples.length)
  })
  test('leaves out time in which nothing ran', () => {
    const slow = { ...busy, timeDeltas: busy.timeDeltas.map((delta) => delta * 50) }
    const filled = withIdleTime(slow, 2_000)
    expect(filled.samples.length).toBeGreaterThan(slow.samples.length)
    expect(shown(callTreeOf(filled))).toEqual(shown(callTreeOf(busy)))
  })
  test('has an async function and its body as one, wherever the body comes back', () => {
    const tree = callTreeOf(
      profileOf(`
        place services/placing.ts:104:8 1
          place services/placing.ts:108:3 2
            save native 3
        place services/placing.ts:108:3 4
      `),
    )
    expect(shown(tree)).toEqual([
      'all native 0',
      '  place services/placing.ts:104 7',
      '    save native 3',
    ])
  })
  test('keeps a function that calls itself apart from its own call', () => {
    const tree = callTreeOf(
      profileOf(`
        walk core/tree.ts:3:1 1
          walk core/tree.ts:3:1 2
      `),
    )
    expect(shown(tree)).toEqual([
      'all native 0',
      '  walk core/tree.ts:3 1',
      '    walk core/tree.ts:3 2',
    ])
  })
  test('of a profile that loops or points nowhere ends', () => {
    const [root, first] = busy.nodes
    if (root === undefined || first === undefined) throw new Error('The fixture is empty.')
    const looping = {
      ...busy,
      nodes: [root, { ...first, children: [first.id, root.id, 99] }],
      samples: [first.id, 99],
    }
    expect(totalOf(callTreeOf(looping))).toBe(1)
    expect(totalOf(callTreeOf({ ...busy, nodes: [], samples: [] }))).toBe(0)
  })
})

describe('an inverted tree', () => {
  test('has each function with its own samples, and its callers below it', () => {
    const inverted = invertedTree(callTreeOf(busy))
    expect(shown(inverted)).toEqual([
      'all native 0',
      '  fetch core/engine.ts:5 1',
      '  dispatch core/application.ts:9 0',
      '    fetch core/engine.ts:5 5',
      '  parse native 5',
      '    dispatch core/application.ts:9 0',
      '      fetch core/engine.ts:5 4',
      '    parse native 6',
    ])
  })
  test('has as many samples as the tree itself', () => {
    expect(expectSums(invertedTree(callTreeOf(busy)))).toBe(busy.samples.length)
  })
})
