/** Validation: what is refused, how it is told, and what is dropped. */
import { describe, expect, test } from 'bun:test'
import Type, { type TSchema } from 'typebox'
import { Problem } from './problem.ts'
import { closed, Quantity, Timestamp, Uuid } from './schemas.ts'
import { key, line as nameOf, optionalLine, prose } from './text.ts'
import { compileValidator, invalid, legacy, type Issue } from './validation.ts'

const text = (minLength: number, maxLength: number) =>
  Type.String({ minLength, maxLength, pattern: '^[^\\u0000-\\u001f\\u007f]*$' })

const Line = closed({ product_id: Type.String(), quantity: Quantity, price: legacy() })
const Order = closed({ items: Type.Array(Line), total: legacy(), note: Type.Optional(text(0, 5)) })

function issuesOf(schema: TSchema, value: unknown): readonly Issue[] {
  try {
    compileValidator(schema)(value)
  } catch (error) {
    if (error instanceof Problem && error.code === 'validation_failed') {
      return error.extra['errors'] as readonly Issue[]
    }
    throw error
  }
  return []
}

const line = (more: object = {}) => ({ product_id: 'a', quantity: 1, ...more })

describe('a value', () => {
  test('of the right shape comes back', () => {
    expect(compileValidator(Order)({ items: [line()], note: 'soon' })).toEqual({
      items: [line()],
      note: 'soon',
    })
  })

  test.each([
    ['an unknown field', { items: [], role: 'admin' }, ['/role']],
    ['an unknown field of a line', { items: [line({ user_id: 'x' })] }, ['/items/0/user_id']],
    ['__proto__', JSON.parse('{"items":[],"__proto__":{"total":1}}'), ['/__proto__']],
    ['constructor', { items: [], constructor: 1 }, ['/constructor']],
    ['no object', [], ['']],
    ['null', null, ['']],
    ['nothing', undefined, ['']],
    ['a missing field', {}, ['']],
    [
      'wrong types',
      { items: [{ product_id: 1, quantity: '2' }] },
      ['/items/0/product_id', '/items/0/quantity'],
    ],
    ['a quantity of 0', { items: [line({ quantity: 0 })] }, ['/items/0/quantity']],
    ['a quantity of 1.5', { items: [line({ quantity: 1.5 })] }, ['/items/0/quantity']],
    ['control characters', { items: [], note: 'a\u0000b' }, ['/note']],
  ] as const)('with %s is refused, each mistake at its place', (_name, value, paths) => {
    expect(issuesOf(Order, value).map((issue) => issue.path)).toEqual([...paths])
  })

  test('does not get fields from its prototype', () => {
    expect(issuesOf(closed({ toString: Type.String() }), {})).not.toEqual([])
  })

  test('is not told back to the client', () => {
    const Account = closed({
      id: Uuid,
      at: Timestamp,
      password: text(6, 10),
      role: Type.Union([Type.Literal('user'), Type.Literal('admin')]),
      age: Type.Integer({ maximum: 5 }),
    })
    const secret = 'hunter2-hunter2'
    const values = { id: secret, at: secret, password: secret, role: secret, age: 424242 }
    const issues = issuesOf(Account, values)
    expect(new Set(issues.map((issue) => issue.path))).toEqual(
      new Set(['/id', '/at', '/password', '/role', '/age']),
    )
    expect(JSON.stringify(issues)).not.toMatch(/hunter2|424242/)
  })
})

describe('the list of mistakes', () => {
  test('says each one once', () => {
    expect(issuesOf(Order, { items: [], role: 1 })).toEqual([
      { path: '/role', message: 'is not a known field' },
    ])
  })

  test('ends after 20', () => {
    const wrong = Array.from({ length: 50 }, () => ({ product_id: 1, quantity: 1 }))
    expect(issuesOf(Order, { items: wrong })).toHaveLength(20)
    const unknown = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`field${n}`, n]))
    expect(issuesOf(Order, { items: [], ...unknown })).toHaveLength(20)
  })

  test('escapes names as a JSON pointer does', () => {
    expect(issuesOf(Order, { items: [], 'a/b~c': 1 })[0]?.path).toBe('/a~1b~0c')
  })

  test('cuts the names that a client made up', () => {
    const issues = issuesOf(Order, { items: [], ['x'.repeat(50_000)]: 1 })
    expect(issues).toHaveLength(1)
    expect(issues[0]?.path).toBe(`/${'x'.repeat(99)}`)
  })

  test('puts its first mistake into the detail', () => {
    const problem = invalid([
      { path: '/limit', message: 'must be integer' },
      { path: '', message: 'second' },
    ])
    expect(problem.detail).toBe(
      'The request does not have the expected shape: limit must be integer',
    )
    expect(invalid([]).detail).toEndWith(': invalid')
  })
})

describe('a pattern', () => {
  // Needs n^2 steps for n letters and a line break: 64 KB took 10 s.
  const overlapping = '^[^\\n]*[^\\s][^\\n]*$'

  test('never sees what is longer than its field may be', () => {
    const Note = closed({
      note: Type.String({ maxLength: 10, pattern: overlapping }),
      notes: Type.Array(Type.String({ maxLength: 10, pattern: overlapping })),
    })
    const long = `${'a'.repeat(64_000)}\n`
    // It would refuse these two as well.
    expect(issuesOf(Note, { note: long, notes: [long] })).toEqual([
      { path: '/note', message: 'must not have more than 10 characters' },
      { path: '/notes/0', message: 'must not have more than 10 characters' },
    ])
    expect(issuesOf(Note, { note: '\n', notes: [] })).toEqual([
      { path: '/note', message: `must match pattern "${overlapping}"` },
    ])
  })

  test('of no bound is refused at boot', () => {
    const Note = closed({ note: Type.Optional(Type.String({ pattern: overlapping })) })
    expect(() => compileValidator(Note)).toThrow('needs a maxLength')
  })
})

describe('a text', () => {
  const Shown = closed({
    name: Type.Optional(nameOf(9)),
    category: Type.Optional(key(9)),
    maker: Type.Optional(Type.Union([optionalLine(9), Type.Null()])),
    about: Type.Optional(prose(9)),
  })
  const validate = compileValidator(Shown)

  test('comes out in NFC and without blanks around it', () => {
    const nfd = 'Чаи\u0306'
    expect(validate({ name: ` ${nfd}\u00a0`, category: nfd, maker: `${nfd} `, about: `\n${nfd}` }))
      // Four times the one letter й.
      .toEqual({ name: 'Чай', category: 'Чай', maker: 'Чай', about: 'Чай' })
    expect(validate({ category: 'а\u00a0  б', name: 'а  б' })).toEqual({
      category: 'а б',
      name: 'а  б',
    })
    expect(validate({ maker: null, about: '' })).toEqual({ maker: null, about: '' })
    expect(compileValidator(Type.Array(nameOf(9)))([' а'])).toEqual(['а'])
  })

  test.each(['name', 'category', 'maker', 'about'])('that is blank is refused as %s', (field) => {
    for (const blank of [' ', '\u00a0', '\u2003 ', '\u3000']) {
      expect(issuesOf(Shown, { [field]: blank })[0]).toEqual({
        path: `/${field}`,
        message: 'must not be blank or hold characters that cannot be seen',
      })
    }
  })

  test('that is empty or too long is one mistake', () => {
    expect(issuesOf(Shown, { name: '' })).toEqual([
      { path: '/name', message: 'must not have fewer than 1 characters' },
    ])
    expect(issuesOf(Shown, { name: '\u0000'.repeat(10) })).toHaveLength(1)
  })

  test('keeps its length in its form', () => {
    // One letter more in NFC than as it was sent.
    const split = '\u0958'
    expect(validate({ name: split.repeat(4) })).toEqual({ name: '\u0915\u093c'.repeat(4) })
    expect(issuesOf(Shown, { name: split.repeat(9) })).toMatchObject([{ path: '/name' }])
  })
})

describe('a legacy field', () => {
  const clean = { items: [line()] }

  test.each([null, 0, 'text', { deep: [1] }, [1]])(
    'holding %p is accepted and dropped',
    (value) => {
      expect(compileValidator(Order)({ ...clean, total: value })).toEqual(clean)
    },
  )

  test('is dropped inside arrays', () => {
    const items = [line({ price: 1 }), line(), line({ price: { any: 'thing' } })]
    expect(compileValidator(Order)({ items, total: 3 })).toEqual({
      items: [line(), line(), line()],
    })
    expect(compileValidator(Type.Array(Line))(items)).toEqual([line(), line(), line()])
  })

  test('is dropped inside what may be null or absent', () => {
    const Wrapped = closed({
      first: Type.Union([Line, Type.Null()]),
      second: Type.Optional(Line),
    })
    const validate = compileValidator(Wrapped)
    expect(validate({ first: line({ price: 1 }), second: line({ price: 1 }) })).toEqual({
      first: line(),
      second: line(),
    })
    expect(validate({ first: null })).toEqual({ first: null })
  })
})
