/**
 * A profile as a tree of calls, weighed in samples.
 *
 * ```
 *   all (100)                      total of a node = its own samples + the totals of its children
 *   ├─ fetch (70)
 *   │  └─ dispatch (60)
 *   └─ create_order (30)           an async function after its first await: a stack of its own
 * ```
 */
import { idleFunction, type CpuProfile, type CpuProfileNode } from './cpu-profile.ts'

/** A function by its name and where it stands. */
export interface CalledFunction {
  readonly name: string
  /** Path in the project; empty for native code. */
  readonly file: string
  /** Counted from 1; 0 for native code. */
  readonly line: number
}

export interface CallNode {
  readonly called: CalledFunction
  /** Samples in the function itself. */
  self: number
  readonly children: Map<string, CallNode>
}

/** Functions are equal when their keys are. */
export const keyOf = ({ name, file, line }: CalledFunction): string => `${name}\n${file}:${line}`

export const placeOf = ({ file, line }: CalledFunction): string =>
  file === '' ? 'native' : `${file}:${line}`

const newNode = (called: CalledFunction): CallNode => ({
  called,
  self: 0,
  children: new Map(),
})

/** Stands above all stacks. */
export const newRoot = (): CallNode => newNode({ name: 'all', file: '', line: 0 })

/** The child for a function, made when it is missing. */
export function childOf(node: CallNode, called: CalledFunction): CallNode {
  const key = keyOf(called)
  let child = node.children.get(key)
  if (child === undefined) {
    child = newNode(called)
    node.children.set(key, child)
  }
  return child
}

export function totalOf(node: CallNode): number {
  let total = node.self
  for (const child of node.children.values()) total += totalOf(child)
  return total
}

/** Adds the samples of `from` and of all below it. */
export function addTree(to: CallNode, from: CallNode): void {
  to.self += from.self
  for (const child of from.children.values()) addTree(childOf(to, child.called), child)
}

/** All samples in which JavaScript was on the stack. */
export function callTreeOf(profile: CpuProfile): CallNode {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]))
  const hits = new Map<number, number>()
  for (const id of profile.samples) hits.set(id, (hits.get(id) ?? 0) + 1)
  const bodies = asyncBodies(profile.nodes, nodes)
  const all = newRoot()
  // A visited node is not entered again, so that a forged profile with a cycle ends.
  const visited = new Set<number>()
  const add = (id: number, parent: CallNode, above: CpuProfileNode): void => {
    const node = nodes.get(id)
    if (node === undefined || visited.has(id)) return
    visited.add(id)
    if (node.callFrame.functionName === idleFunction) return
    const outer = bodies.get(positionOf(node))
    const entry =
      outer !== undefined && positionOf(outer) === positionOf(above)
        ? parent
        : childOf(parent, functionOf(outer ?? node))
    entry.self += hits.get(id) ?? 0
    for (const child of node.children ?? []) add(child, entry, node)
  }
  const [root] = profile.nodes
  if (root !== undefined) {
    all.self = hits.get(root.id) ?? 0
    for (const id of root.children ?? []) add(id, all, root)
  }
  return all
}

/** Lines that the parameters of a function may take. */
const longestHead = 20

/**
 * JavaScriptCore has two frames for an async function: the function, and below it its body, which
 * begins behind the parameters. After an await the body alone comes back. Gives, for the position of
 * a body, the function that it belongs to.
 */
function asyncBodies(
  all: readonly CpuProfileNode[],
  byId: ReadonlyMap<number, CpuProfileNode>,
): ReadonlyMap<string, CpuProfileNode> {
  const bodies = new Map<string, CpuProfileNode>()
  for (const outer of all) {
    for (const id of outer.children ?? []) {
      const inner = byId.get(id)
      if (inner !== undefined && isBodyOf(inner, outer)) bodies.set(positionOf(inner), outer)
    }
  }
  return bodies
}

function isBodyOf({ callFrame: inner }: CpuProfileNode, { callFrame: outer }: CpuProfileNode) {
  if (inner.url === '' || inner.url !== outer.url) return false
  if (inner.functionName !== outer.functionName) return false
  const lines = inner.lineNumber - outer.lineNumber
  return lines === 0 ? inner.columnNumber > outer.columnNumber : lines > 0 && lines <= longestHead
}

const positionOf = ({ callFrame }: CpuProfileNode): string =>
  `${callFrame.functionName}\n${callFrame.url}:${callFrame.lineNumber}:${callFrame.columnNumber}`

function functionOf({ callFrame }: CpuProfileNode): CalledFunction {
  const { functionName, url, lineNumber } = callFrame
  return { name: functionName || '(anonymous)', file: url, line: url === '' ? 0 : lineNumber + 1 }
}

/** The same samples read from the other end: each function, and below it who called it. */
export function invertedTree(tree: CallNode): CallNode {
  const inverted = newRoot()
  inverted.self = tree.self
  const visit = (node: CallNode, callers: readonly CalledFunction[]): void => {
    if (node.self > 0) {
      let entry = childOf(inverted, node.called)
      for (let at = callers.length - 1; at >= 0; at--) {
        const caller = callers[at]
        if (caller !== undefined) entry = childOf(entry, caller)
      }
      entry.self += node.self
    }
    const path = [...callers, node.called]
    for (const child of node.children.values()) visit(child, path)
  }
  for (const child of tree.children.values()) visit(child, [])
  return inverted
}
