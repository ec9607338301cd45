/** How a service knows a request that came through a gateway, and what is not there for one. */
import type { Inbound } from './engine/engine.ts'
import { isInternal, type Route } from './route.ts'

/**
 * Both gateways set it to `1` on all that they pass on, whatever the client sent; services do not send
 * it to each other, and the monitoring asks them directly.
 */
export const gatewayMark = 'x-gateway'

export const isThroughGateway = (inbound: Inbound): boolean => inbound.header(gatewayMark) !== null

/**
 * Whether a route is hidden from the outside once more, behind the gateways that hide its path: a
 * disguise that passes a gateway still leads nowhere.
 */
export const isInside = (route: Pick<Route, 'access' | 'inside'>): boolean =>
  route.inside === true || isInternal(route)
