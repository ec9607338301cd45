/** What a process answers while its store is being opened: that it lives, and "not yet" to the rest. */
import { createApplication, type Application } from '../http/application.ts'
import { problemReply, strayRequest } from '../http/pipeline.ts'
import { problem } from '../http/problem.ts'
import type { Route } from '../http/route.ts'
import type { Clock } from '../values/time.ts'

/** @param routes the system's; of these, health and metrics need no store */
export function startingApplication(routes: readonly Route[], clock: Clock): Application {
  const known = routes.filter(({ path }) => path.startsWith('/health') || path === '/metrics')
  const paths = new Set<string>(known.map(({ path }) => path))
  const notYet = problem('store_unavailable', { retryAfter: 1 })
  const application = createApplication({
    routes: known,
    // None of them asks who calls.
    authenticate() {
      throw notYet
    },
    clock,
    addressOf: ({ address }) => address,
    maxInFlight: Infinity,
    corsOrigins: [],
  })
  return {
    handle: (inbound) =>
      paths.has(inbound.path)
        ? application.handle(inbound)
        : problemReply(notYet, inbound, strayRequest(inbound)),
    inFlight: application.inFlight,
    receiving: application.receiving,
  }
}
