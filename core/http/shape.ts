/** The structure of a schema as the validator, the serializer and the query coercion walk it. */
import type { TSchema } from 'typebox'

export type Shape =
  | { readonly kind: 'object'; readonly properties: readonly (readonly [string, TSchema])[] }
  | { readonly kind: 'array'; readonly items: TSchema }
  | { readonly kind: 'nullable'; readonly inner: TSchema }
  | { readonly kind: 'scalar'; readonly type: string }
  | { readonly kind: 'any' }

// A TypeBox schema is a JSON schema; these are the keywords that the shop's schemas use.
interface Keywords {
  readonly type?: string
  readonly properties?: Record<string, TSchema>
  readonly items?: TSchema | readonly TSchema[]
  readonly anyOf?: readonly TSchema[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly patternProperties?: Record<string, TSchema>
}

const keywordsOf = (schema: TSchema): Keywords => schema as unknown as Keywords

/** Reads the outermost structure; a union other than "or null" of scalars counts as any. */
export function shapeOf(schema: TSchema): Shape {
  const keywords = keywordsOf(schema)
  if (keywords.properties !== undefined) {
    return { kind: 'object', properties: Object.entries(keywords.properties) }
  }
  const { items } = keywords
  if (keywords.type === 'array' && items !== undefined && !isList(items)) {
    return { kind: 'array', items }
  }
  if (keywords.anyOf !== undefined) return unionShape(keywords.anyOf)
  const { type } = keywords
  if (type !== undefined && type !== 'object' && type !== 'array') return { kind: 'scalar', type }
  return { kind: 'any' }
}

/** The items of a tuple; `Array.isArray` alone does not narrow a readonly array away. */
const isList = (items: TSchema | readonly TSchema[]): items is readonly TSchema[] =>
  Array.isArray(items)

function unionShape(members: readonly TSchema[]): Shape {
  const solid = members.filter((member) => keywordsOf(member).type !== 'null')
  const [first] = solid
  if (first !== undefined && solid.length === 1) return { kind: 'nullable', inner: first }
  const types = new Set(solid.map((member) => keywordsOf(member).type))
  const [type] = types
  if (types.size === 1 && type !== undefined && type !== 'object') return { kind: 'scalar', type }
  return { kind: 'any' }
}
