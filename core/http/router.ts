/** Finds the route of a path: a map for fixed paths, a tree of segments for the others. */

/** What stands under one path template, by method. */
export type Methods<T> = ReadonlyMap<string, T>

export interface Match<T> {
  readonly methods: Methods<T>
  /** Values of the template's parameters, decoded, in the order of the template. */
  readonly params: Readonly<Record<string, string>>
}

export interface Router<T> {
  /** Null for an unknown path; throws URIError for a parameter that is not percent-encoded UTF-8. */
  find(path: string): Match<T> | null
}

interface Entry<T> {
  readonly method: string
  readonly path: string
  readonly value: T
}

interface Node<T> {
  readonly fixed: Map<string, Node<T>>
  parameter: { readonly name: string; readonly node: Node<T> } | null
  methods: Map<string, T> | null
}

const noParams: Readonly<Record<string, string>> = Object.freeze({})

/** Builds the router; two routes of the same method and path are a mistake in the table. */
export function createRouter<T>(entries: readonly Entry<T>[]): Router<T> {
  const root = emptyNode<T>()
  const fixedPaths = new Map<string, Match<T>>()
  for (const entry of entries) {
    const methods = methodsAt(root, entry.path)
    if (methods.has(entry.method)) {
      throw new Error(`The route table has ${entry.method} ${entry.path} twice.`)
    }
    methods.set(entry.method, entry.value)
    if (!entry.path.includes(':')) {
      const match = { methods, params: noParams }
      fixedPaths.set(withoutTrailingSlash(entry.path), match)
      fixedPaths.set(`${withoutTrailingSlash(entry.path)}/`, match)
    }
  }
  return {
    find: (path) => fixedPaths.get(path) ?? walk(root, segmentsOf(path)),
  }
}

const emptyNode = <T>(): Node<T> => ({ fixed: new Map(), parameter: null, methods: null })

function methodsAt<T>(root: Node<T>, path: string): Map<string, T> {
  let node = root
  for (const segment of segmentsOf(path)) {
    if (segment.startsWith(':')) {
      node.parameter ??= { name: segment.slice(1), node: emptyNode() }
      if (node.parameter.name !== segment.slice(1)) {
        throw new Error(`The route table names one parameter in two ways at ${path}.`)
      }
      node = node.parameter.node
    } else {
      const next = node.fixed.get(segment) ?? emptyNode<T>()
      node.fixed.set(segment, next)
      node = next
    }
  }
  node.methods ??= new Map()
  return node.methods
}

/** A fixed segment wins over a parameter: `/products/recent-views` before `/products/:id`. */
function walk<T>(root: Node<T>, segments: readonly string[]): Match<T> | null {
  let node = root
  const params: Record<string, string> = {}
  for (const segment of segments) {
    const fixed = node.fixed.get(segment)
    if (fixed !== undefined) {
      node = fixed
    } else if (node.parameter !== null && segment !== '') {
      // Ids have nothing to decode, which is most of what a lookup would cost.
      params[node.parameter.name] = segment.includes('%') ? decodeURIComponent(segment) : segment
      node = node.parameter.node
    } else return null
  }
  return node.methods === null ? null : { methods: node.methods, params }
}

const withoutTrailingSlash = (path: string): string =>
  path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path === '/' ? '' : path

const segmentsOf = (path: string): readonly string[] => {
  const trimmed = withoutTrailingSlash(path)
  return trimmed === '' ? [] : trimmed.slice(1).split('/')
}
