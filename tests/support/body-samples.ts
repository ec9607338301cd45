/** For every route that takes a body: one that is right, and for each of its fields what is wrong. */
import { newId } from '../../core/values/ids.ts'

export interface Field {
  readonly valid: unknown
  readonly wrong: readonly unknown[]
  readonly optional: boolean
}

export interface BodySample {
  readonly fields: Readonly<Record<string, Field>>
  /** Fields that older clients send: taken and thrown away, so they prove nothing here. */
  readonly ignored?: readonly string[]
}

const field = (valid: unknown, wrong: readonly unknown[]): Field => ({
  valid,
  wrong,
  optional: false,
})
const optional = (each: Field): Field => ({ ...each, optional: true })
const without = (each: Field, ...values: readonly unknown[]): Field => ({
  ...each,
  wrong: each.wrong.filter((value) => !values.includes(value)),
})
const including = (each: Field, ...values: readonly unknown[]): Field => ({
  ...each,
  wrong: [...each.wrong, ...values],
})

const otherTypes = [null, true, false, [], {}, [[]], { $ne: null }]
const notNumbers = [...otherTypes, '', '1', 'NaN', '1e1', [1]]
const notWhole = [0.5, 1.000001, 1e308, -1e308, 1e21, 2 ** 53, Number.MIN_VALUE]
const notText = [...otherTypes, 0, 1, -1, ['text']]
/** Control characters, and half of a surrogate pair: no store gives that back as it came. */
const brokenText = ['a\u0000b', '\u0000', 'a\u0007b', 'a\u001bb', 'a\u007fb', 'a\ud800b', '\udc00']

const uuid = () =>
  field(newId(), [
    ...notText,
    '',
    'x',
    '7',
    newId().slice(1),
    `${newId()}0`,
    `{${newId()}}`,
    `urn:uuid:${newId()}`,
    ` ${newId()}`,
    `${newId()}\u0000`,
    newId().replaceAll('-', ''),
    "' OR 1=1 --",
    '../../etc/passwd',
  ])
const quantity = field(1, [...notNumbers, ...notWhole, 0, -1, -0.5])
const count = field(5, [...notNumbers, ...notWhole, -1])
const price = field(10.5, [...notNumbers, 0, -0.01, -1, 0.001, 1.005, 1e8, 1e21, 1e308, -1e308])
const expected_total = optional(
  field(10.5, [...notNumbers, -0.01, -1, 0.001, 1.005, 1e21, 1e308, -1e308]),
)
/** Blank, drawn as nothing, or turning the reading order round. */
const unseenText = [
  ' ',
  '\u00a0\t',
  '\u2028',
  'a\u200bb',
  'a\u202eb',
  '\u2066ab',
  '\u2800',
  'a\ufeffb',
]
const line = (length: number) =>
  field('Слово', [...notText, ...brokenText, ...unseenText, '', 'x'.repeat(length + 1)])
const optionalLine = (length: number) => optional(without(line(length), null, ''))
const prose = (length: number) =>
  optional(without(field('Слова', [...notText, ...brokenText, ' ', 'x'.repeat(length + 1)]), null))

const lines = () => {
  const one = { product_id: newId(), quantity: 1 }
  return field(
    [one],
    [
      ...notText.filter((value) => !Array.isArray(value)),
      [],
      [null],
      [1],
      ['x'],
      [[]],
      [{}],
      [{ quantity: 1 }],
      [{ product_id: newId() }],
      [one, null],
      [{ ...one, free: true }],
      [{ ...one, ['__proto__']: { quantity: 1 } }],
      Array.from({ length: 101 }, () => ({ product_id: newId(), quantity: 1 })),
      { 0: one, length: 1 },
      ...uuid().wrong.map((product_id) => [{ ...one, product_id }]),
      ...quantity.wrong.map((pieces) => [{ ...one, quantity: pieces }]),
    ],
  )
}

const key = without(
  field('a-key', [...notText, '', 'two words', 'ключ', 'x'.repeat(256), 'a\u0000b', 'a\nb']),
  null,
)
const limit = optional(field(10, [...notNumbers, ...notWhole, 0, -1, 101]))
const cursor = optional(field('x', [...notText, 'x'.repeat(201)]))

const invisible = ['a b c', 'abc ', '\u200babc', 'abc\u202e', 'a\u00a0bc', 'abc\n', '\u2800abc']
/** Letters of Cyrillic and Greek among those of Latin. */
const mixed = ['\u0430dmin', 'p\u0430ypal', 'adm\u03b9n', 'Анна_B']
const username = field('somebody', [
  ...notText,
  ...mixed,
  ...brokenText.map((text) => `${text}abc`),
  ...invisible,
  '',
  'ab',
  'x'.repeat(51),
])
const password = field('secret word', [...notText, '', '12345', 'x'.repeat(129)])
const fullName = including(line(100), '\t')
// null and the empty text remove a number.
const phone = optional(
  without(
    field('+7 900 000-00-00', [...notText, ...brokenText, 'phone', '1'.repeat(33), '+']),
    null,
  ),
)

const newProduct = {
  name: line(200),
  category: including(line(50), 'a\u200db', 'a\ufe0f'),
  price,
  stock_count: count,
  description: prose(1000),
  manufacturer: optionalLine(100),
}
/** No body may hold both of the last two, so the good one holds neither. */
const changes = {
  ...Object.fromEntries(Object.entries(newProduct).map(([name, each]) => [name, optional(each)])),
  stock_count: optional({ ...count, valid: undefined }),
  stock_delta: optional(field(undefined, [...notNumbers, ...notWhole])),
}
const settlement = { fields: { lines: lines() } }

/** Ids of what is looked up, at most a hundred. */
const uuids = () =>
  field(
    [newId()],
    [
      ...notText.filter((value) => !Array.isArray(value)),
      [],
      Array.from({ length: 101 }, () => newId()),
      ...uuid().wrong.map((id) => [id]),
    ],
  )

/** By service, method and path template. A route with a body that is missing here fails the test. */
export const bodySamples: Readonly<Record<string, BodySample>> = {
  'catalog POST /products/': { fields: newProduct },
  'catalog PUT /products/:id': { fields: changes },
  'catalog POST /internal/reservations': { fields: { order_id: uuid(), lines: lines() } },
  'catalog POST /internal/reservations/:order_id/commit': settlement,
  'catalog POST /internal/reservations/:order_id/release': settlement,
  'catalog POST /internal/reservations/forget': { fields: { order_ids: uuids() } },
  'catalog POST /internal/products/lookup': {
    fields: {
      product_ids: uuids(),
    },
  },
  'cart POST /cart/items': { fields: { product_id: uuid(), quantity: including(quantity, 100) } },
  'cart PUT /cart/items/:id': { fields: { quantity: including(quantity, 100) } },
  'cart POST /cart/checkout': { fields: { expected_total } },
  'cart POST /internal/cart': { fields: { user_id: uuid() } },
  'cart POST /internal/checkout': {
    fields: {
      user_id: uuid(),
      idempotency_key: key,
      expected_total,
      if_match: optional(field('"x"', [...notText, 'x'.repeat(1_001)])),
    },
  },
  'order POST /orders/': {
    fields: { items: lines(), expected_total },
    ignored: ['total', 'user_id'],
  },
  'order POST /internal/orders': {
    fields: {
      user_id: uuid(),
      checkout_id: uuid(),
      idempotency_key: key,
      items: lines(),
      expected_total,
    },
  },
  'order POST /internal/orders/find': {
    fields: { user_id: uuid(), idempotency_key: including(key, null) },
  },
  'order POST /internal/orders/list': { fields: { user_id: uuid(), limit, cursor } },
  'order POST /internal/spending': { fields: { user_ids: uuids() } },
  'user POST /users/register': {
    fields: { username, password, full_name: fullName, phone },
  },
  'user POST /token': {
    fields: {
      grant_type: optional(field('password', ['', 'client_credentials', 'admin'])),
      username: field('somebody', ['x'.repeat(257)]),
      password: field('secret word', ['x'.repeat(257)]),
      refresh_token: optional(field('x', ['x'.repeat(257)])),
    },
    ignored: ['scope', 'client_id', 'client_secret'],
  },
  'user POST /users/me/orders': { fields: { expected_total } },
  'user POST /users/me/password': {
    fields: { current_password: field('secret word', notText), new_password: password },
  },
  'user PUT /users/me': { fields: { full_name: optional(fullName), phone } },
  'user POST /users/notify/order-status': {
    fields: {
      order_id: uuid(),
      user_id: uuid(),
      status: field('CREATED', [...notText, ...brokenText, '', 'created', 'X'.repeat(33), 'A B']),
      updated_at: field('2026-01-31T09:30:00Z', [
        ...notText,
        '',
        'yesterday',
        '2026-13-01T00:00:00Z',
        '2026-01-31',
        '1769851800000',
      ]),
      sequence: field(1, [...notNumbers, ...notWhole, -1]),
    },
  },
}

/** What nobody may set by adding it to a body. */
export const strangers: Readonly<Record<string, unknown>> = {
  role: 'admin',
  is_admin: true,
  price: 0.01,
  user_id: newId(),
  id: newId(),
  total: 0,
  total_spent: -100,
  status: 'DELIVERED',
  version: 99,
  ['__proto__']: { is_admin: true, role: 'admin' },
  constructor: { prototype: { is_admin: true } },
  prototype: {},
  toString: 'x',
  hasOwnProperty: 1,
  '': 1,
  'a\u0000b': 1,
}

export const validBody = ({ fields }: BodySample): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).map(([name, { valid }]) => [name, valid]))
