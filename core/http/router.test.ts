/** Routing: what stands under a path, and how its parameters come out. */
import { describe, expect, test } from 'bun:test'
import { createRouter } from './router.ts'

const router = createRouter(
  [
    ['GET', '/'],
    ['GET', '/orders/'],
    ['POST', '/orders/'],
    ['GET', '/orders/:id'],
    ['PUT', '/orders/:id/status'],
    ['GET', '/orders/statuses/list'],
    ['GET', '/products/:id'],
    ['POST', '/products/:id/view'],
    ['GET', '/products/recent-views'],
    ['GET', '/files/:folder/:file'],
  ].map(([method = '', path = '']) => ({ method, path, value: `${method} ${path}` })),
)

const at = (path: string, method = 'GET') => {
  const match = router.find(path)
  return match && { value: match.methods.get(method), params: match.params }
}

describe('a path', () => {
  test('leads to its route', () => {
    expect(at('/')).toEqual({ value: 'GET /', params: {} })
    expect(at('/orders/')).toEqual({ value: 'GET /orders/', params: {} })
    expect(at('/orders/7/status', 'PUT')?.params).toEqual({ id: '7' })
    expect(at('/files/a/b')?.params).toEqual({ folder: 'a', file: 'b' })
  })

  test('keeps the methods of one template together', () => {
    expect([...(router.find('/orders')?.methods.keys() ?? [])]).toEqual(['GET', 'POST'])
  })

  test.each(['/orders', '/orders/'])('may end with a slash or not: %s', (path) => {
    expect(at(path)?.value).toBe('GET /orders/')
  })

  test.each(['/orders/7', '/orders/7/'])('may do so behind a parameter: %s', (path) => {
    expect(at(path)).toEqual({ value: 'GET /orders/:id', params: { id: '7' } })
  })

  test('prefers a fixed segment to a parameter', () => {
    expect(at('/products/recent-views')?.value).toBe('GET /products/recent-views')
    expect(at('/products/recent-viewss')?.value).toBe('GET /products/:id')
    expect(at('/orders/statuses/list')?.value).toBe('GET /orders/statuses/list')
  })

  test.each([
    '/unknown',
    '/orders/7/8/9',
    '/files/a',
    '//',
    '//orders',
    '/orders//',
    '/files//b',
    '/ORDERS',
  ])('is unknown where no template fits: %p', (path) => {
    expect(router.find(path)).toBeNull()
  })
})

describe('a parameter', () => {
  test('is decoded once', () => {
    expect(at('/products/%D0%A5%D0%BB%D0%B5%D0%B1')?.params).toEqual({ id: 'Хлеб' })
    expect(at('/products/a%2Fb')?.params).toEqual({ id: 'a/b' })
    expect(at('/products/%2541')?.params).toEqual({ id: '%41' })
    expect(at('/products/a+b')?.params).toEqual({ id: 'a+b' })
  })

  test.each(['%', '%zz', '%C3%28', '%ED%A0%80'])('that is not UTF-8 is an error: %s', (segment) => {
    expect(() => router.find(`/products/${segment}`)).toThrow(URIError)
  })

  test.each(['__proto__', 'constructor', 'toString'])('may hold %s', (name) => {
    expect(at(`/products/${name}`)?.params).toEqual({ id: name })
  })
})

describe('a route table', () => {
  const table = (...paths: readonly string[]) =>
    createRouter(paths.map((path) => ({ method: 'GET', path, value: path })))

  test.each([
    ['/a', '/a'],
    ['/a', '/a/'],
    ['/a/:id', '/a/:id/'],
  ])('with %s and %s is refused as a duplicate', (first, second) => {
    expect(() => table(first, second)).toThrow(`The route table has GET ${second} twice.`)
  })

  test('that names one parameter in two ways is refused', () => {
    expect(() => table('/a/:id', '/a/:name/b')).toThrow('names one parameter in two ways')
  })
})
