/** Schemas as an OpenAPI 3.1 document has them: named ones once and referred to, nullable ones by their type. */
import type { TSchema } from 'typebox'
import { textMark } from './text.ts'
import { isLegacy } from './validation.ts'

export interface Components {
  /**
   * The schema for one place of the document. One with a `title` becomes the component of that name
   * and its places hold references; throws where two different schemas have one name.
   */
  refer(schema: TSchema): object
  /** The components so far, by name. */
  readonly schemas: Readonly<Record<string, object>>
}

/** Says how to describe a schema and is no part of its description. */
export const prefillMark = 'x-prefilled'

type Keywords = Readonly<Record<string, unknown>>

// A TypeBox schema is a JSON schema; what else it carries does not enumerate.
const keywordsOf = (schema: TSchema): Keywords => schema as unknown as Keywords

const isSchema = (value: unknown): value is TSchema => typeof value === 'object' && value !== null

export function createComponents(): Components {
  const schemas: Record<string, object> = {}
  const sources = new Map<string, TSchema>()

  function refer(schema: TSchema): object {
    const { title } = keywordsOf(schema)
    if (typeof title !== 'string') return inline(schema)
    if (!/^[A-Z][A-Za-z0-9]*$/.test(title)) throw new Error(`"${title}" is no name of a schema.`)
    if (sources.get(title) !== schema) {
      const component = inline(schema)
      const known = schemas[title]
      if (known !== undefined && JSON.stringify(known) !== JSON.stringify(component)) {
        throw new Error(`Two different schemas are called "${title}".`)
      }
      schemas[title] = component
      sources.set(title, schema)
    }
    return { $ref: `#/components/schemas/${title}` }
  }

  function inline(schema: TSchema): object {
    const { [prefillMark]: _filled, [textMark]: _form, ...keywords } = keywordsOf(schema)
    if (isLegacy(schema)) return { description: keywords['description'], deprecated: true }
    const { anyOf } = keywords
    if (Array.isArray(anyOf) && anyOf.every(isSchema)) return union(anyOf, keywords)
    const known = keywords['enum']
    const typed =
      Array.isArray(known) && known.every((value) => typeof value === 'string')
        ? { type: 'string', ...keywords }
        : keywords
    return withInner({ ...numberFormat(typed), ...typed })
  }

  function withInner(keywords: Keywords): object {
    const inner: Record<string, unknown> = { ...keywords }
    const { properties, items } = keywords
    if (isSchema(properties)) {
      const entries = Object.entries(properties) as [string, TSchema][]
      inner['properties'] = Object.fromEntries(entries.map(([name, each]) => [name, refer(each)]))
    }
    if (isSchema(items)) inner['items'] = refer(items)
    return inner
  }

  /** Literals become an enumeration, "or null" becomes a second type; any other union stays one. */
  function union(members: readonly TSchema[], { anyOf: _members, ...notes }: Keywords): object {
    const solid = members.filter((member) => keywordsOf(member)['type'] !== 'null')
    const nullable = solid.length < members.length
    const literals = solid.map((member) => keywordsOf(member)['const'])
    if (literals.every((value) => typeof value === 'string')) {
      return nullable
        ? { type: ['string', 'null'], enum: [...literals, null], ...notes }
        : { type: 'string', enum: literals, ...notes }
    }
    const [first] = solid
    if (nullable && solid.length === 1 && first !== undefined) {
      const shown = refer(first) as Keywords
      const { type } = shown
      if (typeof type === 'string' && shown['enum'] === undefined) {
        return { ...shown, type: [type, 'null'], ...notes }
      }
      return { anyOf: [shown, { type: 'null' }], ...notes }
    }
    return { anyOf: members.map(refer), ...notes }
  }

  return { refer, schemas }
}

const int32 = { least: -(2 ** 31), most: 2 ** 31 - 1 }

/**
 * The width that a client needs for a number. Without a format Go's generators take a float32 for an
 * amount, which cannot tell 99,999,999.99 from 100,000,000.00, and a 32-bit integer for a cursor.
 */
function numberFormat({ type, minimum, maximum }: Keywords): { readonly format?: string } {
  if (type === 'number') return { format: 'double' }
  if (type !== 'integer') return {}
  const isNarrow =
    typeof minimum === 'number' &&
    typeof maximum === 'number' &&
    minimum >= int32.least &&
    maximum <= int32.most
  return { format: isNarrow ? 'int32' : 'int64' }
}
