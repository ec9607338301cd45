/** Query strings: strict decoding, then coercion of each value by the type its schema names. */
import type { TSchema } from 'typebox'
import { decodePairs } from './body.ts'
import { shapeOf } from './shape.ts'
import { invalid } from './validation.ts'

/**
 * Builds the parser of a query schema. Unknown names are ignored, as caches and trackers add their
 * own; a known name given twice is refused, as either choice would surprise somebody.
 */
export function compileQueryParser(schema: TSchema): (raw: string) => Record<string, unknown> {
  const shape = shapeOf(schema)
  const types = new Map<string, string>()
  if (shape.kind === 'object') {
    for (const [name, property] of shape.properties) types.set(name, scalarType(property))
  }
  return (raw) => {
    const query: Record<string, unknown> = {}
    for (const [name, value] of decodePairs(raw)) {
      const type = types.get(name)
      if (type === undefined) continue
      if (Object.hasOwn(query, name)) {
        throw invalid([{ path: `/${name}`, message: 'given more than once' }])
      }
      query[name] = coerce(type, value)
    }
    return query
  }
}

function scalarType(schema: TSchema): string {
  const shape = shapeOf(schema)
  if (shape.kind === 'nullable') return scalarType(shape.inner)
  return shape.kind === 'scalar' ? shape.type : 'string'
}

const decimal = /^-?\d{1,16}(\.\d{1,15})?$/

/** Past the safe integers two texts would be one number. */
const isNumber = (value: string): boolean =>
  decimal.test(value) && Math.abs(Number(value)) <= Number.MAX_SAFE_INTEGER

/** What does not look like the wanted type stays a string, so that the validator names the mistake. */
function coerce(type: string, value: string): unknown {
  if (type === 'integer' || type === 'number') return isNumber(value) ? Number(value) : value
  if (type === 'boolean') return value === 'true' ? true : value === 'false' ? false : value
  return value
}
