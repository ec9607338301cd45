/** Problem documents in the OpenAPI document: their schema, and an example for each row of the error table. */
import Type from 'typebox'
import { errors, type ErrorCode } from './errors.ts'
import { problem, problemDocument } from './problem.ts'

const id = 'a9f28744-f0d4-506f-b94b-2e77e6b40d9f'
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'

/** Fills the places of the detail templates. */
const values = {
  reason: 'the cursor is not one of this list',
  limit: 100,
  method: 'PATCH',
  from: 'DELIVERED',
  to: 'CANCELLED',
  accepted: 'application/json',
  service: 'catalog',
  header: 'if-match',
  expected: '131.80',
  total: '151.60',
}

const extras: Partial<Readonly<Record<ErrorCode, Readonly<Record<string, unknown>>>>> = {
  validation_failed: { errors: [{ path: '/quantity', message: 'must be >= 1' }] },
  out_of_stock: { lines: [{ product_id: id, requested: 5, available: 3 }] },
  price_changed: {
    expected_total: 131.8,
    total: 151.6,
    lines: [{ product_id: id, old: 65.9, new: 75.8 }],
  },
}

const amount = Type.Number({ description: 'Rubles with at most two decimals' })

export const ProblemSchema = Type.Object(
  {
    type: Type.String({ description: 'Where the code is explained', format: 'uri-reference' }),
    title: Type.String({ description: 'The same for each occurrence' }),
    status: Type.Integer({ description: 'As the status of the answer' }),
    detail: Type.String({ description: 'A sentence for people about this occurrence' }),
    instance: Type.String({ description: 'The path that was asked for' }),
    code: Type.String({ description: 'For programs to decide by; it never changes' }),
    trace_id: Type.String({ description: 'Finds the request in traces and logs' }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          path: Type.String({ description: 'JSON pointer into what was sent' }),
          message: Type.String(),
        }),
        { description: 'With `validation_failed`: each mistake' },
      ),
    ),
    lines: Type.Optional(
      Type.Array(
        Type.Object({
          product_id: Type.String({ format: 'uuid' }),
          requested: Type.Optional(Type.Integer({ description: 'With `out_of_stock`' })),
          available: Type.Optional(Type.Integer({ description: 'With `out_of_stock`' })),
          old: Type.Optional(
            Type.Union([amount, Type.Null()], {
              description: 'With `price_changed`: what the buyer saw; null where it is not known',
            }),
          ),
          new: Type.Optional({ ...amount, description: 'With `price_changed`: what it costs now' }),
        }),
        {
          description:
            'With `out_of_stock` the products that are short, with `price_changed` those whose price is another one',
        },
      ),
    ),
    expected_total: Type.Optional({ ...amount, description: 'With `price_changed`' }),
    total: Type.Optional({ ...amount, description: 'With `price_changed`: what it would cost' }),
  },
  {
    title: 'Problem',
    description: 'An error (RFC 9457).',
    examples: [documentOf('product_not_found', `/products/${id}`)],
  },
)

/** An example object: the code as the route at `path` answers it. */
export const exampleOf = (code: ErrorCode, path: string): object => ({
  summary: errors[code].title,
  value: documentOf(code, path.replace(/:\w+/g, id)),
})

function documentOf(code: ErrorCode, instance: string): object {
  const reason = code === 'validation_failed' ? { reason: 'quantity must be >= 1' } : {}
  const extra = extras[code] ?? {}
  return problemDocument(
    problem(code, { values: { ...values, ...reason }, extra }),
    instance,
    traceId,
  )
}
