/** An OpenAPI document taken apart: its examples beside their schemas, and the schemas that have none. */

type Node = Readonly<Record<string, unknown>>

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export interface Example {
  /** Where it stands, as a JSON pointer. */
  readonly pointer: string
  /** With every reference filled in. */
  readonly schema: object
  readonly value: unknown
}

/** Every example of the document: of schemas, parameters, headers, bodies and answers. */
export function examplesOf(document: object): readonly Example[] {
  const found: Example[] = []
  const resolved = (node: unknown): unknown => resolve(document as Node, node)

  function visit(node: unknown, pointer: string): void {
    if (Array.isArray(node)) {
      node.forEach((each, index) => visit(each, `${pointer}/${index}`))
      return
    }
    if (!isNode(node)) return
    const add = (schema: unknown, value: unknown, place: string): void => {
      found.push({ pointer: pointer + place, schema: resolved(schema) as object, value })
    }
    const { examples, schema } = node
    if (Array.isArray(examples)) {
      examples.forEach((value, index) => add(node, value, `/examples/${index}`))
    } else if (isNode(examples) && schema !== undefined) {
      for (const [name, each] of Object.entries(examples)) {
        add(schema, (resolved(each) as Node)['value'], `/examples/${name}`)
      }
    }
    if ('example' in node && schema !== undefined) add(schema, node['example'], '/example')
    for (const [name, each] of Object.entries(node)) {
      // An example is data: what looks like a schema inside it is none.
      if (name !== 'examples' && name !== 'example') visit(each, `${pointer}/${name}`)
    }
  }

  visit(document, '')
  return found
}

/** Pointers of the values that no example shows, neither one of their own nor one around them. */
export function schemasWithoutExample(document: object): readonly string[] {
  const bare: string[] = []

  function schema(node: unknown, pointer: string): void {
    if (!isNode(node) || '$ref' in node || 'examples' in node) return
    // The values of these are all in the schema already.
    if ('enum' in node || 'const' in node || node['deprecated'] === true) return
    const { properties, items, anyOf, type } = node
    if (isNode(properties)) {
      for (const [name, each] of Object.entries(properties)) schema(each, `${pointer}/${name}`)
    } else if (items !== undefined) schema(items, `${pointer}/items`)
    else if (Array.isArray(anyOf)) anyOf.forEach((each, i) => schema(each, `${pointer}/${i}`))
    else if (type !== 'boolean' && type !== 'null') bare.push(pointer)
  }

  function visit(node: unknown, pointer: string): void {
    if (Array.isArray(node)) node.forEach((each, index) => visit(each, `${pointer}/${index}`))
    if (!isNode(node)) return
    for (const [name, each] of Object.entries(node)) {
      if (name === 'examples') continue
      if (name === 'schema') schema(each, `${pointer}/schema`)
      else if (pointer === '/components' && name === 'schemas') {
        for (const [title, component] of Object.entries(each as Node))
          schema(component, `/${title}`)
      } else visit(each, `${pointer}/${name}`)
    }
  }

  visit(document, '')
  return bare
}

/** Pointers of the numbers that leave it to a client's generator how wide they are. */
export function numbersWithoutFormat(document: object): readonly string[] {
  const bare: string[] = []

  function visit(node: unknown, pointer: string): void {
    if (Array.isArray(node)) node.forEach((each, index) => visit(each, `${pointer}/${index}`))
    if (!isNode(node)) return
    const types = [node['type']].flat()
    const wanted = types.includes('number')
      ? ['double']
      : types.includes('integer')
        ? ['int32', 'int64']
        : null
    if (wanted !== null && !wanted.includes(String(node['format']))) bare.push(pointer)
    for (const [name, each] of Object.entries(node)) {
      if (name !== 'examples' && name !== 'example') visit(each, `${pointer}/${name}`)
    }
  }

  visit(document, '')
  return bare
}

/** Fills in references, which in these documents never lead back to themselves. */
function resolve(document: Node, node: unknown): unknown {
  if (Array.isArray(node)) return node.map((each) => resolve(document, each))
  if (!isNode(node)) return node
  const { $ref } = node
  if (typeof $ref === 'string') {
    const target = $ref
      .slice('#/'.length)
      .split('/')
      .reduce<unknown>((at, name) => (isNode(at) ? at[name] : undefined), document)
    if (target === undefined) throw new Error(`${$ref} refers to nothing.`)
    return resolve(document, target)
  }
  return Object.fromEntries(
    Object.entries(node).map(([name, each]) => [name, resolve(document, each)]),
  )
}
