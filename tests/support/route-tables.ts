/** The route tables of all services as data: what a test walks through instead of a list of its own. */
import { systemRoutes } from '../../core/lifecycle/system-routes.ts'
import type { Route } from '../../core/http/route.ts'
import { serviceNames, type ServiceName } from '../../core/values/service-name.ts'
import { cartRoutes } from '../../services/cart/routes.ts'
import { catalogRoutes } from '../../services/catalog/routes.ts'
import { orderRoutes } from '../../services/order/routes.ts'
import { userRoutes } from '../../services/user/routes.ts'

export interface ServiceRoute extends Route {
  readonly service: ServiceName
}

/**
 * Stands for every part of a service: any property and any call of it is itself. Building a table
 * only hands parts on; the handlers, which would use them, are never called here.
 */
const anyPart: unknown = new Proxy(() => anyPart, {
  get: (_target, key) => (key === 'toJSON' ? undefined : anyPart),
})

// The casts say that it is whatever a table asks for.
const builders: Readonly<Record<ServiceName, () => readonly Route[]>> = {
  catalog: () => catalogRoutes(anyPart as Parameters<typeof catalogRoutes>[0]),
  cart: () => cartRoutes(anyPart as Parameters<typeof cartRoutes>[0]),
  order: () => orderRoutes(anyPart as Parameters<typeof orderRoutes>[0]),
  user: () => userRoutes(anyPart as Parameters<typeof userRoutes>[0]),
}

/** What every service has beside its own routes. */
function commonRoutes(name: ServiceName): readonly Route[] {
  const { health, metrics } = anyPart as Pick<
    Parameters<typeof systemRoutes>[0],
    'health' | 'metrics'
  >
  const info = { title: name, version: '1', description: '', server: '/', tokenUrl: '/' }
  return systemRoutes({ name, health, metrics, routes: [], info })
}

/** A service's own routes. */
export const ownRoutesOf = (service: ServiceName): readonly ServiceRoute[] =>
  builders[service]().map((route) => ({ ...route, service }))

/** Every route of every service. */
export const allRoutes: readonly ServiceRoute[] = serviceNames.flatMap((service) => [
  ...ownRoutesOf(service),
  ...commonRoutes(service).map((route) => ({ ...route, service })),
])

/** True when only services may call it. */
export const isInternal = ({ access }: Pick<Route, 'access'>): boolean =>
  typeof access !== 'string' || access.startsWith('service:')

/** The path with every parameter filled in. */
export const filled = (path: string, value: string): string => path.replace(/:\w+/g, value)
