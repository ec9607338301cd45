/** Where a path leads, disguises included. */
import { describe, expect, test } from 'bun:test'
import { destinationOf } from './paths.ts'

describe('a service path', () => {
  test('loses its prefix and nothing else', () => {
    const cases = [
      ['/api/products/', 'catalog', '/products/'],
      ['/api/', 'catalog', '/'],
      ['/api', 'catalog', '/'],
      ['/cart-api/cart/items/1', 'cart', '/cart/items/1'],
      ['/order-api/orders/', 'order', '/orders/'],
      ['/user-api/.well-known/jwks.json', 'user', '/.well-known/jwks.json'],
      [
        '/api/products/by-category/%D0%A5%D0%BB%D0%B5%D0%B1',
        'catalog',
        '/products/by-category/%D0%A5%D0%BB%D0%B5%D0%B1',
      ],
      ['/api/products//x', 'catalog', '/products//x'],
      ['/api/a;b=c/%20%25', 'catalog', '/a;b=c/%20%25'],
    ] as const
    for (const [path, service, rest] of cases) {
      expect(destinationOf(path)).toEqual({ kind: 'service', service, path: rest })
    }
  })
  test('must carry the prefix as a whole segment, plainly written', () => {
    for (const path of [
      '/',
      '/apix/products/',
      '/API/products/',
      '/%61pi/products/',
      '/products/',
    ]) {
      expect(destinationOf(path)).toEqual({ kind: 'own' })
    }
  })
  test('may hold a hidden name deeper inside', () => {
    expect(destinationOf('/api/products/internal').kind).toBe('service')
    expect(destinationOf('/api/internals').kind).toBe('service')
  })
})

describe('what only the inside may ask for', () => {
  test('is hidden under every prefix and in every disguise', () => {
    const names = [
      'internal',
      'internal/',
      'internal/orders',
      'internal;x=1/orders',
      ';/internal/orders',
      '/internal/orders',
      '//internal/orders',
      '%69nternal/orders',
      'INTERNAL/orders',
      'internal%20/orders',
      'metrics',
      'metrics/',
      'metric%73',
      'metrics;a',
      '/metrics',
    ]
    for (const prefix of ['/api', '/cart-api', '/order-api', '/user-api']) {
      for (const name of names) {
        expect([name, destinationOf(`${prefix}/${name}`).kind]).toEqual([name, 'hidden'])
      }
    }
  })
})

describe('a path that two readers could understand in two ways', () => {
  test('is refused', () => {
    const paths = [
      '/api/..%2finternal/orders',
      '/api%2Finternal',
      '/api/%5cinternal',
      '/api\\internal',
      '/api/../internal',
      '/api/./x',
      '/api/%2e%2E/internal',
      '/api/..;/internal',
      '/api/x/%2e',
      '/api/a%00b',
      '/api/a%0d%0ab',
      '/api/%zz',
      '/api/%ff',
      'api/products',
      '',
    ]
    for (const path of paths) expect([path, destinationOf(path).kind]).toEqual([path, 'refused'])
  })
})
