/** The error table against its documentation and against the code that raises its rows. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'bun:test'
import { errors, type ErrorCode } from './errors.ts'

const root = join(import.meta.dir, '../..')
const rows = Object.entries(errors)

describe('the table', () => {
  test('names its codes in snake case, each with a title and a detail', () => {
    for (const [code, row] of rows) {
      expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/)
      expect(row.title).not.toBe('')
      expect(row.detail).not.toBe('')
      expect(row.title).not.toContain('{')
    }
  })

  test('is ordered by status, and holds errors alone', () => {
    const statuses = rows.map(([, row]) => row.status)
    expect(statuses).toEqual([...statuses].sort((a, b) => a - b))
    expect(statuses[0]).toBeGreaterThanOrEqual(400)
    expect(statuses.at(-1)).toBeLessThan(600)
  })
})

describe('docs/errors.md', () => {
  const text = readFileSync(join(root, 'docs/errors.md'), 'utf8')
  const documented = Array.from(
    text.matchAll(/^\| <a id="(\w+)"><\/a>`(\w+)` +\| (\d{3}) +\| (.+?) +\| .+ \|$/gm),
    ([, id, code, status, detail]) => ({ id, code, status: Number(status), detail }),
  )

  test('has exactly the rows of the table, in its order, with its words', () => {
    expect(documented).toEqual(
      rows.map(([code, row]) => ({ id: code, code, status: row.status, detail: row.detail })),
    )
  })

  test('has no row that this test does not read', () => {
    expect(text.match(/^\| <a/gm)).toHaveLength(documented.length)
  })
})

interface Raised {
  readonly place: string
  readonly code: string
  /** The whole call, from its name to its closing bracket. */
  readonly call: string
}

/** Every `problem('code', …)` in the sources, with its arguments as they are written. */
function raisedIn(path: string, text: string): readonly Raised[] {
  const found: Raised[] = []
  for (const match of text.matchAll(/\bproblem\(\s*'(\w+)'/g)) {
    let depth = 0
    let end = match.index
    do {
      const char = text[end++]
      if (char === '(') depth++
      if (char === ')' && --depth === 0) break
    } while (end < text.length)
    found.push({ place: path, code: match[1] ?? '', call: text.slice(match.index, end) })
  }
  return found
}

const placesOf = (detail: string): readonly string[] =>
  Array.from(detail.matchAll(/\{(\w+)\}/g), ([, name = '']) => name)

/** Places of the template that the call gives no value; a call that passes options on is not judged. */
function unfilled({ place, code, call }: Raised): readonly string[] {
  const row = errors[code as ErrorCode] as (typeof errors)[ErrorCode] | undefined
  if (row === undefined) return [`${place} raises ${code}, which is not in the table`]
  if (/,\s*options\b/.test(call)) return []
  const given = /\bvalues:\s*\{([^}]*)\}/.exec(call)?.[1] ?? ''
  const names = new Set(given.split(',').map((field) => field.split(':')[0]?.trim()))
  return placesOf(row.detail)
    .filter((name) => !names.has(name))
    .map((name) => `${place} raises ${code} without a value for {${name}}`)
}

describe('the code that raises errors', async () => {
  const glob = new Bun.Glob('{core,services}/**/*.ts')
  const paths = (await Array.fromAsync(glob.scan({ cwd: root }))).filter(
    (path) => !path.endsWith('.test.ts'),
  )
  const sources = paths.map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
  const raised = sources.flatMap(({ path, text }) => raisedIn(path, text))

  test('is found', () => {
    expect(raised.length).toBeGreaterThan(30)
  })

  test('fills every place of the templates that it uses', () => {
    expect(raised.flatMap(unfilled)).toEqual([])
  })

  test('uses every row of the table', () => {
    const used = sources
      .filter(({ path }) => path !== 'core/http/errors.ts')
      .map(({ text }) => text)
      .join('\n')
    expect(Object.keys(errors).filter((code) => !used.includes(`'${code}'`))).toEqual([])
  })

  test('would be caught leaving a place empty', () => {
    const text = `
      throw problem('cart_full', { values: { limit } })
      throw problem('order_move_refused', { values: { from: order.status, to } })
      throw problem('cart_full', { values: { limit: maxOf(lines) }, cause })
      throw problem('cart_full')
      throw problem('order_move_refused', { values: { from: a.to } })
      throw problem('no_such_row')`
    expect(raisedIn('x.ts', text).flatMap(unfilled)).toEqual([
      'x.ts raises cart_full without a value for {limit}',
      'x.ts raises order_move_refused without a value for {to}',
      'x.ts raises no_such_row, which is not in the table',
    ])
  })
})
