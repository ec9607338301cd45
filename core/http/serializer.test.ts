/** Serialization: only what the schema names leaves the process. */
import { describe, expect, test } from 'bun:test'
import Type, { type TSchema } from 'typebox'
import { compileSerializer } from './serializer.ts'

const User = Type.Object({
  id: Type.String(),
  phone: Type.Union([Type.String(), Type.Null()]),
  nickname: Type.Optional(Type.String()),
})
const stored = { id: 'u1', phone: null, password_hash: 'secret' }

/** Past the types, as a row from a store gets past them. */
const write = (schema: TSchema, value: unknown): unknown =>
  JSON.parse(compileSerializer(schema)(value as never))

describe('a field outside the schema', () => {
  test.each([
    ['of the object', User, stored, { id: 'u1', phone: null }],
    [
      'of a nested object',
      Type.Object({ user: User }),
      { user: stored, secret: 1 },
      { user: { id: 'u1', phone: null } },
    ],
    [
      'of an array',
      Type.Array(User),
      [stored, stored],
      [
        { id: 'u1', phone: null },
        { id: 'u1', phone: null },
      ],
    ],
    [
      'of an array in an object',
      Type.Object({ users: Type.Array(User) }),
      { users: [stored] },
      { users: [{ id: 'u1', phone: null }] },
    ],
    [
      'of an array of arrays',
      Type.Array(Type.Array(User)),
      [[stored]],
      [[{ id: 'u1', phone: null }]],
    ],
    [
      'of what may be null',
      Type.Object({ user: Type.Union([User, Type.Null()]) }),
      { user: stored },
      { user: { id: 'u1', phone: null } },
    ],
    [
      'of what may be absent',
      Type.Object({ user: Type.Optional(User) }),
      { user: stored },
      { user: { id: 'u1', phone: null } },
    ],
    ['of an empty object', Type.Object({}), stored, {}],
  ] as const)('%s never leaves', (_place, schema, value, written) => {
    expect(write(schema, value)).toEqual(written)
  })
})

test('null stays, undefined and absent fields are left out', () => {
  const Wrapped = Type.Object({ user: Type.Union([User, Type.Null()]), note: Type.Optional(User) })
  expect(write(Wrapped, { user: null })).toEqual({ user: null })
  expect(write(User, { id: 'u', phone: '1', nickname: undefined })).toEqual({ id: 'u', phone: '1' })
})

test('the name of a field is text, never code', () => {
  const names = ['a"', "b'", 'c`${1}', '"];throw 1;//', 'd\u2028', '__proto__', 'toString']
  const value = Object.fromEntries(names.map((name) => [name, 'x']))
  expect(
    write(Type.Object(Object.fromEntries(names.map((n) => [n, Type.String()]))), value),
  ).toEqual(value)
})

test('the value itself is not changed', () => {
  const value = { ...stored }
  write(User, value)
  expect(value).toEqual(stored)
})

test.each([
  [Type.Array(Type.Integer()), [1, 2]],
  [Type.String(), 'text'],
  [Type.Union([Type.Literal('a'), Type.Literal('b')]), 'a'],
  [Type.Union([Type.Integer(), Type.String()]), 5],
  [Type.Unknown(), { anything: { at: 'all' } }],
  [
    Type.Record(Type.Union([Type.Literal('A'), Type.Literal('B')]), Type.String()),
    { A: 'x', B: 'y' },
  ],
] as const)('schema %# writes its value as it is', (schema, value) => {
  expect(write(schema, value)).toEqual(value)
})

describe('a schema that would let unnamed fields through', () => {
  const Order = Type.Object({ total: Type.Number() })
  test.each([
    ['a union of objects', Type.Union([User, Order])],
    ['a union with a list of objects', Type.Union([Type.String(), Type.Array(User)])],
    ['an intersection', Type.Intersect([User, Order])],
    ['a tuple', Type.Tuple([User])],
    ['a record', Type.Record(Type.String(), User)],
    ['one of these further in', Type.Object({ list: Type.Array(Type.Union([User, Order])) })],
  ])('is refused at boot: %s', (_name, schema) => {
    expect(() => compileSerializer(schema as TSchema)).toThrow('must name its fields')
  })
})
