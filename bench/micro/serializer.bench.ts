/** Serializing every response shape of the services; each shape is a benchmark of its own. */
import fastJsonStringify from 'fast-json-stringify'
import { compileSerializer } from '../../core/http/serializer.ts'
import { fieldCopy } from './field-copy.ts'
import { piecesOf } from './pieces.ts'
import { responses, type Response } from './responses.ts'
import { repeated, type Suite } from './suite.ts'

const batch = 100

const suiteOf = ({ name, schema, value }: Response): readonly [string, Suite] => [
  name,
  {
    mirrors: 'core/http/serializer.ts',
    operation: `one answer, ${name}`,
    batch,
    variants: {
      'generated copy, JSON.stringify'() {
        const serialize = compileSerializer(schema)
        return repeated(batch, () => serialize(value as never))
      },
      // The baseline lets unnamed fields out, so it is no choice.
      'JSON.stringify as it is': () => repeated(batch, () => JSON.stringify(value)),
      'fast-json-stringify'() {
        const serialize = fastJsonStringify(JSON.parse(JSON.stringify(schema)))
        if (serialize(value) !== JSON.stringify(value)) throw new Error(`${name} differs.`)
        return repeated(batch, () => serialize(value))
      },
      'copied field by field, JSON.stringify'() {
        const copy = fieldCopy(schema)
        return repeated(batch, () => JSON.stringify(copy(value)))
      },
      'pre-rendered pieces'() {
        const serialize = piecesOf(schema)
        if (serialize(value) !== JSON.stringify(value)) throw new Error(`${name} differs.`)
        return repeated(batch, () => serialize(value))
      },
    },
  },
]

export const suites: Readonly<Record<string, Suite>> = Object.fromEntries(responses.map(suiteOf))
