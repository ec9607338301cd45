/** Schemas that every service's wire format is made of; their examples are what Swagger shows and sends. */
import Type, { type TProperties, type TObjectOptions } from 'typebox'
import { prefillMark } from './openapi-components.ts'

/** An object that refuses unknown fields: what a client may not set cannot be assigned by accident. */
export const closed = <P extends TProperties>(properties: P, options: TObjectOptions = {}) =>
  Type.Object(properties, { ...options, additionalProperties: false })

export const Uuid = Type.String({
  format: 'uuid',
  examples: ['019c0d41-2f06-7b19-8e5c-0a3d9c7f6e21'],
})

/** An optional parameter whose example is filled in all the same, as hardly anybody leaves it out. */
export const prefilled = { [prefillMark]: true } as const

/** A point in time, RFC 3339 in UTC. */
export const Timestamp = Type.String({
  format: 'date-time',
  examples: ['2026-01-31T09:30:00.000Z'],
})

/** An amount of money as clients see it: at most two decimals. */
export const Money = Type.Number({
  description: 'Rubles with at most two decimals',
  examples: [65.9],
})

/** The total at which a buyer orders, or not at all. */
export const ExpectedTotal = Type.Number({
  minimum: 0,
  // More than 100 lines of 99 of the dearest product. A float near 2^53 kopecks has no exact decimals.
  maximum: 1_000_000_000_000,
  description:
    'The total that the buyer saw, with at most two decimals. The order is placed at exactly this total; at any other it is refused with `price_changed`',
  examples: [131.8],
})

export const Quantity = Type.Integer({ minimum: 1, maximum: 99, examples: [2] })

export const Message = Type.Object(
  { message: Type.String({ description: 'For people', examples: ['Cart cleared'] }) },
  { title: 'Message' },
)
