/** The route tables of all services as data: what a test walks through instead of a list of its own. */
import { isInternal, type Route } from '../../core/http/route.ts'
import { serviceNames, type ServiceName } from '../../core/values/service-name.ts'
import * as tables from '../../scripts/openapi/documents.ts'

export interface ServiceRoute extends Route {
  readonly service: ServiceName
}

const of = (service: ServiceName, routes: readonly Route[]): readonly ServiceRoute[] =>
  routes.map((route) => ({ ...route, service }))

/** A service's own routes. */
export const ownRoutesOf = (service: ServiceName): readonly ServiceRoute[] =>
  of(service, tables.ownRoutesOf(service))

/** Every route of every service. */
export const allRoutes: readonly ServiceRoute[] = serviceNames.flatMap((service) => [
  ...ownRoutesOf(service),
  ...of(service, tables.systemRoutesOf(service)),
])

/** Those that its OpenAPI document describes. */
export const documentedRoutesOf = (service: ServiceName): readonly ServiceRoute[] =>
  allRoutes.filter(
    (route) => route.service === service && !isInternal(route) && route.undocumented !== true,
  )

/** The path with every parameter filled in. */
export const filled = (path: string, value: string): string => path.replace(/:\w+/g, value)
