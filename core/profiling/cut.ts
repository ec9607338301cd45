/**
 * The part of a call tree that belongs to one operation.
 *
 * A route's handler carries the operation's name, so what it calls lies below it. What follows an
 * await does not: the engine resumes an async function on a stack of its own, directly below the
 * root. Such a stack is put back where its function was called:
 *
 * ```
 *   all                              all
 *   ├─ fetch ─ … ─ create_order      └─ create_order
 *   │               └─ place    =>      └─ place
 *   └─ place                               └─ reserve   <- resumed after an await
 *      └─ reserve
 * ```
 *
 * A stack whose function no sample saw below the handler stays out, and one that several operations
 * call counts for each of them: the samples alone do not tell for whom it ran.
 */
import { addTree, childOf, keyOf, newRoot, totalOf, type CallNode } from './call-tree.ts'

export interface Cut {
  readonly tree: CallNode
  /** Samples of it that may belong to another operation as well. */
  readonly shared: number
}

/** `operations`: all that the process may run, to tell what is shared. */
export function cutTo(all: CallNode, operation: string, operations: readonly string[]): Cut {
  const { tree, resumed } = gather(all, operation)
  const others = operations
    .filter((each) => each !== operation)
    .map((each) => new Set(gather(all, each).resumed))
  const shared = resumed.filter((stack) => others.some((other) => other.has(stack)))
  return { tree, shared: shared.reduce((sum, stack) => sum + totalOf(stack), 0) }
}

interface Gathered {
  readonly tree: CallNode
  /** Stacks below the root that were put back. */
  readonly resumed: readonly CallNode[]
}

function gather(all: CallNode, operation: string): Gathered {
  const tree = newRoot()
  collectHandlers(all, operation, tree)
  const resumed: CallNode[] = []
  let waiting = [...all.children.values()].filter((stack) => !holdsHandler(stack, operation))
  for (;;) {
    // What resumes may itself have called what resumes later, so until nothing is found any more.
    const places = largestPlaces(tree)
    const found = waiting.filter((stack) => places.has(keyOf(stack.called)))
    if (found.length === 0) return { tree, resumed }
    for (const stack of found) {
      const place = places.get(keyOf(stack.called))
      if (place !== undefined) addTree(place, stack)
    }
    resumed.push(...found)
    waiting = waiting.filter((stack) => !found.includes(stack))
  }
}

/** By its file as well: a function of the domain may have the name of an operation. */
const isHandler = ({ called }: CallNode, operation: string): boolean =>
  called.name === operation && called.file.endsWith('routes.ts')

/** Such a stack is counted by its handler already. */
const holdsHandler = (node: CallNode, operation: string): boolean =>
  isHandler(node, operation) ||
  node.children.values().some((child) => holdsHandler(child, operation))

function collectHandlers(node: CallNode, operation: string, into: CallNode): void {
  for (const child of node.children.values()) {
    if (isHandler(child, operation)) addTree(childOf(into, child.called), child)
    else collectHandlers(child, operation, into)
  }
}

/** For each function the place where most of its samples are. */
function largestPlaces(tree: CallNode): ReadonlyMap<string, CallNode> {
  const places = new Map<string, { readonly node: CallNode; readonly total: number }>()
  const visit = (node: CallNode): number => {
    let total = node.self
    for (const child of node.children.values()) total += visit(child)
    const key = keyOf(node.called)
    const known = places.get(key)
    if (known === undefined || known.total < total) places.set(key, { node, total })
    return total
  }
  for (const child of tree.children.values()) visit(child)
  return new Map([...places].map(([key, { node }]) => [key, node]))
}
