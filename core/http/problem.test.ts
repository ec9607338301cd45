/** Problems: the document, its headers, and what stays inside. */
import { describe, expect, test } from 'bun:test'
import { Problem, problem, problemDocument } from './problem.ts'

describe('a problem', () => {
  test('takes status, code and detail from its row', () => {
    const refused = problem('product_not_found')
    expect(refused).toBeInstanceOf(Error)
    expect(refused).toBeInstanceOf(Problem)
    expect(refused).toMatchObject({
      status: 404,
      code: 'product_not_found',
      detail: 'Product not found',
      message: 'Product not found',
      headers: {},
      extra: {},
    })
  })

  test('fills the places of its template, and nothing that the values bring along', () => {
    const values = { from: '{to}', to: 'SHIPPING' }
    expect(problem('order_move_refused', { values }).detail).toBe(
      'An order that is {to} cannot become SHIPPING',
    )
    expect(problem('cart_full', { values: { limit: 0 } }).detail).toBe(
      'A cart holds at most 0 lines',
    )
  })

  test('keeps its cause for the log', () => {
    const cause = new Error('SQLITE_BUSY')
    expect(problem('store_unavailable', { cause }).cause).toBe(cause)
    expect('cause' in problem('store_unavailable')).toBe(false)
  })
})

describe('its headers', () => {
  test('of 401 name the scheme', () => {
    expect(problem('login_failed').headers).toEqual({ 'www-authenticate': 'Bearer' })
    const headers = { 'www-authenticate': 'Bearer error="invalid_token"' }
    expect(problem('not_authenticated', { headers }).headers).toEqual(headers)
  })

  test.each(['too_many_attempts', 'service_unavailable', 'overloaded'] as const)(
    'of %s say when to come back',
    (code) => {
      expect(problem(code).headers).toEqual({ 'retry-after': '1' })
      expect(problem(code, { retryAfter: 30 }).headers).toEqual({ 'retry-after': '30' })
    },
  )

  test('carry Retry-After where it was asked for', () => {
    expect(problem('request_in_progress', { retryAfter: 2 }).headers).toEqual({
      'retry-after': '2',
    })
  })
})

describe('its document', () => {
  test('has the members of RFC 9457 and ours', () => {
    const lines = [{ product_id: 'a', requested: 2, available: 1 }]
    expect(
      problemDocument(problem('out_of_stock', { extra: { lines } }), '/orders/', 't1'),
    ).toEqual({
      type: '/docs/errors#out_of_stock',
      title: 'Not enough items in stock',
      status: 409,
      detail: 'Not enough items in stock',
      instance: '/orders/',
      code: 'out_of_stock',
      trace_id: 't1',
      lines,
    })
  })

  test('cannot have its own members replaced by further ones', () => {
    const extra = { status: 200, code: 'none', detail: 'x', trace_id: 'x' }
    expect(problemDocument(problem('forbidden', { extra }), '/', 't1')).toMatchObject({
      status: 403,
      code: 'forbidden',
      detail: 'Not enough permissions',
      trace_id: 't1',
    })
  })

  test('says nothing of the cause', () => {
    const cause = new Error('SELECT secret FROM users')
    const text = JSON.stringify(problemDocument(problem('store_unavailable', { cause }), '/', 't1'))
    expect(text).not.toContain('SELECT')
    expect(text).not.toContain('stack')
  })
})
