/** Serialization by schema: a field outside the response schema never leaves the process. */
import type { Static, TSchema } from 'typebox'
import { shapeOf } from './shape.ts'

/**
 * Builds the serializer of a schema; throws at boot for one that leaves fields unnamed. It copies what
 * the schema names and hands the copy to `JSON.stringify`, which on JavaScriptCore beats generated
 * string building for every answer of more than a few fields. The copy is code generated from the
 * schema, one object literal, so that it has one shape from the start: a loop over the fields takes 1.3
 * to 2.4 times as long, and no copy at all 0.9 (docs/decisions/0020-serializer.md).
 */
export function compileSerializer<S extends TSchema>(schema: S): (value: Static<S>) => string {
  const copied = copyOf(schema, 'value', 0)
  if (copied === 'value') return (value) => JSON.stringify(value)
  // Made of nothing but the schema's field names, each written as a JSON string.
  const copy = new Function('value', `return ${copied}`) as (value: Static<S>) => unknown
  return (value) => JSON.stringify(copy(value))
}

/** The expression that copies what the schema names; `source` itself where there is nothing to leave out. */
function copyOf(schema: TSchema, source: string, depth: number): string {
  const shape = shapeOf(schema)
  switch (shape.kind) {
    case 'object':
      return `{${shape.properties.map((field) => fieldCopy(field, source, depth)).join()}}`
    case 'array': {
      const item = `item${depth}`
      const copied = copyOf(shape.items, item, depth + 1)
      return copied === item ? source : `${source}.map((${item})=>(${copied}))`
    }
    case 'nullable': {
      const copied = copyOf(shape.inner, source, depth)
      return copied === source ? source : `(${source}===null?null:${copied})`
    }
    case 'scalar':
      return source
    case 'any':
      if (mayHoldMore(schema)) {
        throw new Error(
          'A response schema must name its fields: no union of objects, tuple or record.',
        )
      }
      return source
  }
}

/** `JSON.stringify` leaves undefined fields out, so only what is walked has to be there. */
function fieldCopy([name, property]: readonly [string, TSchema], source: string, depth: number) {
  const key = JSON.stringify(name)
  const field = `${source}[${key}]`
  const copied = copyOf(property, field, depth)
  const value = copied === field ? field : `${field}===undefined?undefined:${copied}`
  // In brackets, as a plain "__proto__" would set the prototype instead of a field.
  return `${name === '__proto__' ? `[${key}]` : key}:${value}`
}

/** `Type.Unknown()` lets a value through on purpose; these would let unnamed fields through by accident. */
function mayHoldMore(schema: TSchema): boolean {
  const { anyOf, type } = schema as { anyOf?: readonly TSchema[]; type?: string }
  if (anyOf !== undefined) return anyOf.some((member) => copyOf(member, 'value', 0) !== 'value')
  return 'allOf' in schema || '$ref' in schema || type === 'object' || type === 'array'
}
