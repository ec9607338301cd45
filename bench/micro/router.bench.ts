/** Finding a route, on the paths that a shop gets asked most. */
import { createRouter } from '../../core/http/router.ts'
import { repeated, turn, type Suite } from './suite.ts'

const templates = [
  '/',
  '/health',
  '/health/live',
  '/health/ready',
  '/metrics',
  '/openapi.json',
  '/products/',
  '/products/categories/list',
  '/products/by-category/:category',
  '/products/:id',
  '/products/:id/view',
  '/cart/',
  '/cart/items',
  '/cart/items/:id',
  '/cart/checkout',
  '/orders/',
  '/orders/statuses/list',
  '/orders/:id',
  '/orders/:id/status',
  '/orders/:id/cancel',
  '/users/me',
  '/users/me/profile',
]

const paths = [
  '/products/',
  '/products/a9f28744-f0d4-506f-b94b-2e77e6b40d9f',
  '/cart/',
  '/cart/items/019c0d40-9d1a-7f43-a6b8-2c5e7d0f1b94',
  '/orders/019c0d41-2f06-7b19-8e5c-0a3d9c7f6e21',
  '/users/me',
  '/products/by-category/%D0%A4%D1%80%D1%83%D0%BA%D1%82%D1%8B',
]

const batch = 1_000

export default {
  mirrors: 'core/http/router.ts',
  operation: 'one path found',
  batch,
  variants: {
    'map and tree'() {
      const entries = templates.map((path) => ({ method: 'GET', path, value: path }))
      const router = createRouter(entries)
      return repeated(batch, (at) => router.find(turn(paths, at)))
    },
    'list of regular expressions'() {
      const routes = templates.map((path) => ({
        path,
        pattern: new RegExp(`^${path.replace(/\/$/, '').replace(/:(\w+)/g, '(?<$1>[^/]+)')}/?$`),
      }))
      const find = (path: string) => {
        for (const { pattern, path: template } of routes) {
          const match = pattern.exec(path)
          if (match === null) continue
          const params: Record<string, string> = {}
          for (const [name, value] of Object.entries(match.groups ?? {})) {
            params[name] = decodeURIComponent(value)
          }
          return { template, params }
        }
        return null
      }
      return repeated(batch, (at) => find(turn(paths, at)))
    },
  },
} satisfies Suite
