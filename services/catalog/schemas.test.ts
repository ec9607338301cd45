/** Every schema on the wire shows an example that it accepts itself. */
import { describe, expect, test } from 'bun:test'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { createRouter } from '../../core/http/router.ts'
import { closed } from '../../core/http/schemas.ts'
import { shapeOf } from '../../core/http/shape.ts'
import { faultOfTarget } from '../../core/http/target.ts'
import { compileValidator } from '../../core/http/validation.ts'
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

/** Names of a category that are hard in a path, around each character of the first planes. */
function* hardNames(): Generator<string> {
  yield* [
    '.',
    '..',
    '...',
    '.;x',
    '..;x',
    ' .',
    '. .',
    '%2e',
    '%2F',
    'Чай/Кофе',
    'Чай\\Кофе',
    '/',
    '\\',
  ]
  yield* ['?', '#', 'a?b#c', 'a;b', '%', '100%', 'a+b', '\ud800', 'a\udc00b', 'й', 'и\u0306']
  for (let point = 0; point < 0x3000; point++) {
    const character = String.fromCodePoint(point)
    yield* [character, `a${character}b`, `${character}b`, `a${character}`]
  }
}

test('a category that is taken can be asked for by its path, and only hard ones are refused', () => {
  const validate = compileValidator(
    closed({ category: schemas.NewProductBody.properties.category }),
  )
  const router = createRouter([{ method: 'GET', path: '/by-category/:category', value: null }])
  const refused = new Set<string>()
  const wrong: string[] = []
  for (const category of hardNames()) {
    let kept: string
    try {
      kept = (validate({ category }) as { readonly category: string }).category
    } catch {
      refused.add(category)
      continue
    }
    const path = `/by-category/${encodeURIComponent(kept)}`
    const found = router.find(path)?.params['category']
    if (faultOfTarget(path, '') !== null || found !== kept) wrong.push(category)
  }
  expect(wrong).toEqual([])
  for (const name of ['Чай/Кофе', 'Чай\\Кофе', '.', '..', '..;x']) expect(refused).toContain(name)
  for (const name of ['100%', 'a?b#c', 'a;b', 'a.b', 'a..', 'Соки, воды & Co.']) {
    expect(refused).not.toContain(name)
  }
})

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
