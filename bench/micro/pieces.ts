/** Serialization by pre-rendered pieces: the keys are text at boot, the values are put between them. */
import type { TSchema } from 'typebox'
import { shapeOf } from '../../core/http/shape.ts'

type Write = (value: unknown) => string | undefined

const scalar: Write = (value) => JSON.stringify(value)

export function piecesOf(schema: TSchema): Write {
  const shape = shapeOf(schema)
  switch (shape.kind) {
    case 'object': {
      const fields = shape.properties.map(
        ([name, property]) => [name, `${JSON.stringify(name)}:`, piecesOf(property)] as const,
      )
      return (value) => {
        const source = value as Record<string, unknown>
        let text = ''
        for (const [name, key, write] of fields) {
          const field = source[name]
          if (field === undefined) continue
          text += `${text === '' ? '{' : ','}${key}${write(field)}`
        }
        return text === '' ? '{}' : `${text}}`
      }
    }
    case 'array': {
      const write = piecesOf(shape.items)
      return (value) => {
        let text = '['
        for (const item of value as unknown[]) text += (text === '[' ? '' : ',') + write(item)
        return `${text}]`
      }
    }
    case 'nullable': {
      const write = piecesOf(shape.inner)
      return (value) => (value === null ? 'null' : write(value))
    }
    case 'scalar':
      if (shape.type === 'number' || shape.type === 'integer' || shape.type === 'boolean') {
        return String
      }
      return scalar
    case 'any':
      return scalar
  }
}
