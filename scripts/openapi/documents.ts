/** Route tables and OpenAPI documents of the services, made without running them. */
import { contractVersion } from '../../core/http/contract-version.ts'
import { openApiDocument } from '../../core/http/openapi.ts'
import type { Route } from '../../core/http/route.ts'
import { systemRoutes } from '../../core/lifecycle/system-routes.ts'
import { profilingRoutes } from '../../core/profiling/routes.ts'
import type { ServiceName } from '../../core/values/service-name.ts'
import { cartRoutes } from '../../services/cart/routes.ts'
import { catalogRoutes } from '../../services/catalog/routes.ts'
import { prefixes } from '../../services/gateway/paths.ts'
import { orderRoutes } from '../../services/order/routes.ts'
import { userRoutes } from '../../services/user/routes.ts'

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

/** As the service itself has it but for the description, which stands in its `main.ts`. */
const infoOf = (name: ServiceName) => ({
  title: `Product Store: ${name}`,
  version: contractVersion,
  description: '',
  server: prefixes[name],
  tokenUrl: `${prefixes.user}/token`,
})

/** A service's own routes, and those of its profiles. */
export function ownRoutesOf(name: ServiceName): readonly Route[] {
  const { profiler, folder } = anyPart as Pick<
    Parameters<typeof profilingRoutes>[0],
    'profiler' | 'folder'
  >
  return [
    ...builders[name](),
    ...profilingRoutes({ service: name, profiler, folder, operations: [] }),
  ]
}

/** What every service has beside its own routes. */
export function systemRoutesOf(name: ServiceName): readonly Route[] {
  const { health, metrics } = anyPart as Pick<
    Parameters<typeof systemRoutes>[0],
    'health' | 'metrics'
  >
  return systemRoutes({ name, health, metrics, routes: [], info: infoOf(name) })
}

/** The service's OpenAPI document. */
export const documentOf = (name: ServiceName): object =>
  openApiDocument([...ownRoutesOf(name), ...systemRoutesOf(name)], infoOf(name))
