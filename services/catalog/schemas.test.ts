/** Every schema on the wire shows an example that it accepts itself. */
import { describe, expect, test } from 'bun:test'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { shapeOf } from '../../core/http/shape.ts'
import * as schemas from './schemas.ts'

interface Found {
  readonly path: string
  readonly schema: TSchema & { readonly examples?: readonly unknown[]; readonly default?: unknown }
}

/** The schema and all that it is made of. */
function* within(path: string, schema: TSchema): Generator<Found> {
  yield { path, schema }
  const shape = shapeOf(schema)
  if (shape.kind === 'array') yield* within(`${path}/items`, shape.items)
  if (shape.kind !== 'object') return
  for (const [name, property] of shape.properties) yield* within(`${path}/${name}`, property)
}

describe('schemas', () => {
  const all = Object.entries<TSchema>(schemas).flatMap(([name, schema]) => [
    ...within(name, schema),
  ])
  const isLeaf = ({ schema }: Found) => !['object', 'array'].includes(shapeOf(schema).kind)

  test('are looked at whole', () => {
    expect(all.length).toBeGreaterThan(60)
  })

  test('of single values have an example or a default', () => {
    const without = all.filter(
      (found) => isLeaf(found) && !('examples' in found.schema || 'default' in found.schema),
    )
    expect(without.map(({ path }) => path)).toEqual([])
  })

  test('accept their own examples and defaults', () => {
    for (const { path, schema } of all) {
      const shown = [...(schema.examples ?? []), ...('default' in schema ? [schema.default] : [])]
      const validator = Compile(schema)
      const refused = shown.filter((value) => !validator.Check(value))
      expect({ path, refused }).toEqual({ path, refused: [] })
    }
  })
})
