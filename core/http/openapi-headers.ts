/** Headers of requests and answers as the OpenAPI document describes them; each is written down once. */
import Type, { type TSchema } from 'typebox'
import type { Components } from './openapi-components.ts'

interface Header {
  /** As it is spelled on the page; names are the same in any case. */
  readonly name: string
  readonly description: string
  readonly schema: TSchema
}

const tag = '"7.320"'

/** The parameters of requests. */
const requestHeaders = {
  'idempotency-key': {
    name: 'Idempotency-Key',
    description:
      'Makes the request safe to repeat: within 24 hours the same key answers the first order again, byte for byte, and makes no second one. With another body it is 422.',
    schema: Type.String({
      minLength: 1,
      maxLength: 255,
      pattern: '^[\\x21-\\x7e]+$',
      examples: ['order-2026-03-01-0001'],
    }),
  },
  'if-match': {
    name: 'If-Match',
    description:
      'An ETag of the product (sales count where `stock_count` is sent), or the revision of the cart in quotes: 412 when it has been changed since.',
    schema: Type.String({ examples: [tag] }),
  },
  'if-none-match': {
    name: 'If-None-Match',
    description: 'ETags of the copies that the client has: 304 without a body when one is current.',
    schema: Type.String({ examples: ['"0"'] }),
  },
  'last-event-id': {
    name: 'Last-Event-ID',
    description: 'The last event that the client has seen: the stream goes on after it.',
    schema: Type.String({ maxLength: 16, pattern: '^[0-9]{0,16}$', examples: ['0'] }),
  },
} as const satisfies Record<string, Header>

const replyHeaders = {
  age: {
    name: 'Age',
    description: 'Seconds since a stale answer was read from the store.',
    schema: Type.Integer({ minimum: 0, examples: [4] }),
  },
  etag: {
    name: 'ETag',
    description: 'Names this state, for `If-None-Match` and, where it is honoured, `If-Match`.',
    schema: Type.String({ examples: [tag] }),
  },
  'idempotency-replayed': {
    name: 'Idempotency-Replayed',
    description: 'Says that this is the first answer to the idempotency key, sent again.',
    schema: Type.Literal('true', { examples: ['true'] }),
  },
  link: {
    name: 'Link',
    description: 'Where the next page is (RFC 8288); absent on the last one.',
    schema: Type.String({ examples: ['<?limit=20&cursor=Mg>; rel="next"'] }),
  },
  'rate-limit': {
    name: 'RateLimit',
    description: 'What is left of the quota and seconds until it is full again.',
    schema: Type.String({ examples: ['"default";r=0;t=2'] }),
  },
  'retry-after': {
    name: 'Retry-After',
    description: 'Seconds after which a retry makes sense.',
    schema: Type.Integer({ minimum: 1, examples: [1] }),
  },
  'www-authenticate': {
    name: 'WWW-Authenticate',
    description: 'How to sign in (RFC 6750).',
    schema: Type.String({ examples: ['Bearer'] }),
  },
  'x-cache': {
    name: 'X-Cache',
    description: '`stale` when the store is down and this is the last good answer.',
    schema: Type.Literal('stale', { examples: ['stale'] }),
  },
} as const satisfies Record<string, Header>

export type RequestHeader = keyof typeof requestHeaders
export type ReplyHeader = keyof typeof replyHeaders

/** The parameter object of a request header. */
export const headerParameter = (header: RequestHeader, components: Components): object => {
  const { name, description, schema } = requestHeaders[header]
  return { name, in: 'header', required: false, description, schema: components.refer(schema) }
}

/** The header object of an answer's header, with its name. */
export const replyHeader = (header: ReplyHeader): Header => replyHeaders[header]
