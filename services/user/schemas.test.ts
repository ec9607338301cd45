/** The examples: every field has one, every one is what its schema takes, and Swagger signs in with it. */
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { describe, expect, test } from 'bun:test'
import { demoAccounts } from './demo-accounts.ts'
import * as schemas from './schemas.ts'

/** The keywords that the schemas are made of. */
interface Keywords {
  readonly type?: string
  readonly properties?: Readonly<Record<string, TSchema>>
  readonly items?: TSchema
  readonly examples?: readonly unknown[]
  readonly 'x-legacy'?: boolean
}
const keywordsOf = (schema: TSchema): Keywords => schema as unknown as Keywords

/** Every schema inside with its place, parents first; what is only dropped is left out. */
function* within(schema: TSchema, place: string): Generator<readonly [string, TSchema]> {
  if (keywordsOf(schema)['x-legacy'] === true) return
  yield [place, schema]
  const { properties = {}, items } = keywordsOf(schema)
  for (const [name, property] of Object.entries(properties))
    yield* within(property, `${place}.${name}`)
  if (items !== undefined) yield* within(items, `${place}[]`)
}

/** An array and an object show the examples of what is in them. */
const needsExample = (schema: TSchema): boolean => {
  const { type, examples } = keywordsOf(schema)
  return examples !== undefined || (type !== 'object' && type !== 'array')
}

const exported = Object.entries(schemas).filter(
  (entry): entry is [string, Exclude<(typeof entry)[1], (...args: never) => unknown>] =>
    typeof entry[1] !== 'function',
)

describe.each(exported)('%s', (name, schema) => {
  const places = [...within(schema, name)].filter(([, each]) => needsExample(each))

  test('has an example for every field, and each is what the schema takes', () => {
    for (const [place, each] of places) {
      // An item of an array whose own example shows some.
      if (place.endsWith('[]') && keywordsOf(each).examples === undefined) continue
      const examples = keywordsOf(each).examples ?? []
      expect([place, examples.length]).not.toEqual([place, 0])
      const validator = Compile(each)
      for (const example of examples) {
        expect([place, validator.Check(example)]).toEqual([place, true])
      }
    }
  })
})

test('what Swagger sends to sign in is a demo account, and its password the current one', () => {
  const [form] = keywordsOf(schemas.TokenRequest).examples ?? []
  const { username, password } = form as { username: string; password: string }
  expect(demoAccounts).toContainEqual(expect.objectContaining({ username, password }))
  const { properties = {} } = keywordsOf(schemas.PasswordChange)
  expect(keywordsOf(properties['current_password'] ?? {}).examples).toEqual([password])
})
