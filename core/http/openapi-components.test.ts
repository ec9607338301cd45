/** Schemas on their way into the document: names, references, and what OpenAPI 3.1 says in fewer words. */
import { describe, expect, test } from 'bun:test'
import Type, { type TSchema } from 'typebox'
import { createComponents } from './openapi-components.ts'
import { prefilled } from './schemas.ts'
import { legacy } from './validation.ts'

const described = (schema: TSchema): object => createComponents().refer(schema)
const Thing = Type.Object({ id: Type.String() }, { title: 'Thing' })

describe('a schema with a title', () => {
  test('stands once, under its name, wherever it is used', () => {
    const components = createComponents()
    const reference = { $ref: '#/components/schemas/Thing' }
    expect(components.refer(Thing)).toEqual(reference)
    expect(components.refer(Type.Object({ all: Type.Array(Thing), one: Thing }))).toMatchObject({
      properties: { all: { type: 'array', items: reference }, one: reference },
    })
    expect(JSON.parse(JSON.stringify(components.schemas))).toEqual({
      Thing: {
        type: 'object',
        title: 'Thing',
        required: ['id'],
        properties: { id: { type: 'string' } },
      },
    })
  })

  test('shares its name with its equals alone', () => {
    const components = createComponents()
    components.refer(Thing)
    expect(components.refer(Type.Object({ id: Type.String() }, { title: 'Thing' }))).toEqual(
      components.refer(Thing),
    )
    const other = Type.Object({ id: Type.Integer() }, { title: 'Thing' })
    expect(() => components.refer(other)).toThrow('Two different schemas are called "Thing".')
  })

  test('must have a title that is a name', () => {
    for (const title of ['a thing', 'thing', 'Thing/2', '']) {
      expect(() => described(Type.Object({}, { title }))).toThrow('is no name of a schema')
    }
  })
})

describe('a union', () => {
  test('with null becomes a second type', () => {
    const text = Type.String({ maxLength: 9, description: 'inner' })
    expect(
      described(Type.Union([text, Type.Null()], { description: 'outer', examples: [null] })),
    ).toEqual({
      type: ['string', 'null'],
      maxLength: 9,
      description: 'outer',
      examples: [null],
    })
  })

  test('of literals becomes an enumeration, with null as one of its values', () => {
    const literals = [Type.Literal('asc'), Type.Literal('desc')]
    expect(described(Type.Union(literals, { default: 'asc' }))).toEqual({
      type: 'string',
      enum: ['asc', 'desc'],
      default: 'asc',
    })
    expect(described(Type.Union([...literals, Type.Null()]))).toEqual({
      type: ['string', 'null'],
      enum: ['asc', 'desc', null],
    })
  })

  test('of a named schema and null refers to it', () => {
    expect(described(Type.Union([Thing, Type.Null()]))).toEqual({
      anyOf: [{ $ref: '#/components/schemas/Thing' }, { type: 'null' }],
    })
  })

  test('of other kinds stays what it is', () => {
    expect(described(Type.Union([Type.String(), Type.Integer()]))).toEqual({
      anyOf: [{ type: 'string' }, { type: 'integer', format: 'int64' }],
    })
  })
})

test.each([
  ['an amount', Type.Number({ minimum: 0, maximum: 1 }), 'double'],
  ['a small integer', Type.Integer({ minimum: 1, maximum: 100 }), 'int32'],
  ['an integer past 32 bits', Type.Integer({ minimum: 0, maximum: 2 ** 31 }), 'int64'],
  ['an integer without bounds', Type.Integer(), 'int64'],
] as const)('%s says how wide it is', (_name, schema, format) => {
  expect(described(schema)).toMatchObject({ format })
})

test('an enumeration of texts says so', () => {
  expect(described(Type.Enum(['a', 'b']))).toEqual({ type: 'string', enum: ['a', 'b'] })
})

test('a field that is accepted and ignored is deprecated', () => {
  expect(described(Type.Object({ total: legacy() }))).toMatchObject({
    properties: { total: { deprecated: true, description: 'Accepted and ignored' } },
  })
})

test('what is said to the document alone is no part of it', () => {
  expect(described(Type.String(prefilled))).toEqual({ type: 'string' })
})
