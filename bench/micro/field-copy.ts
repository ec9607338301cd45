/** The copy before `JSON.stringify` as a loop over the schema's fields, as the serializer once made it. */
import type { TSchema } from 'typebox'
import { shapeOf } from '../../core/http/shape.ts'

type Copy = (value: unknown) => unknown

const same: Copy = (value) => value

export function fieldCopy(schema: TSchema): Copy {
  const shape = shapeOf(schema)
  switch (shape.kind) {
    case 'object': {
      const fields = shape.properties.map(([name, each]) => [name, fieldCopy(each)] as const)
      return (value) => {
        const source = value as Record<string, unknown>
        const copied: Record<string, unknown> = {}
        for (const [name, copy] of fields) {
          const field = source[name]
          if (field !== undefined) copied[name] = copy === same ? field : copy(field)
        }
        return copied
      }
    }
    case 'array': {
      const copy = fieldCopy(shape.items)
      return copy === same ? same : (value) => (value as unknown[]).map(copy)
    }
    case 'nullable': {
      const copy = fieldCopy(shape.inner)
      return copy === same ? same : (value) => (value === null ? null : copy(value))
    }
    case 'scalar':
    case 'any':
      return same
  }
}
