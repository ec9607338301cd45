/** The gateway as one handle: where a path leads, own pages, and errors as problem documents. */
import type { Copies } from '../../core/clients/copies.ts'
import { withCors } from '../../core/http/cors.ts'
import type { Handle, Inbound } from '../../core/http/engine/engine.ts'
import { problemReply, strayRequest } from '../../core/http/pipeline.ts'
import { problem } from '../../core/http/problem.ts'
import { Reply, withHeaders } from '../../core/http/reply.ts'
import type { ServiceName } from '../../core/values/service-name.ts'
import type { DocsPages } from './docs.ts'
import type { HealthPages } from './health.ts'
import { destinationOf, isProbe } from './paths.ts'
import type { ProfilePages } from './profiles.ts'
import type { Forward } from './proxy.ts'
import type { RateLimits } from './rate-limits.ts'
import { ownHeaders } from './security.ts'
import type { StatusPage } from './status.ts'
import type { SwaggerPage } from './swagger.ts'

export interface GatewayOptions {
  readonly upstreams: Readonly<Record<ServiceName, Copies>>
  readonly forward: Forward
  /** Null sets no limit. */
  readonly rateLimits: RateLimits | null
  /** Origins whose pages may read every answer, those that no service has made among them. */
  readonly corsOrigins: readonly string[]
  readonly health: HealthPages
  readonly docs: DocsPages
  /** Null serves none: what the shop does is not for customers to see. */
  readonly status: StatusPage | null
  readonly swagger: SwaggerPage
  /** Null serves none: outside of the demo profile they are for admins alone. */
  readonly profiles: ProfilePages | null
}

/** The methods that a service may be asked with. */
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
const readingMethods = ['GET', 'HEAD']

/** Makes the handle; it never throws and never rejects. */
export function createGateway(options: GatewayOptions): Handle {
  const { upstreams, forward } = options
  const admitted = admission(options.rateLimits)
  const ownPage = ownPages(options)

  function answer(inbound: Inbound): Reply | Promise<Reply> {
    const destination = destinationOf(inbound.path, inbound.query)
    switch (destination.kind) {
      case 'refused':
        throw problem('bad_request', { values: { reason: destination.reason } })
      case 'hidden':
        throw problem('not_found')
      case 'own':
        return admitted(inbound, inbound.path, () => ownPage(inbound))
      case 'service':
        requireMethod(inbound.method, methods)
        return admitted(inbound, destination.path, () =>
          forward(inbound, upstreams[destination.service], destination.path),
        )
      default:
        return destination satisfies never
    }
  }

  function handle(inbound: Inbound): Reply | Promise<Reply> {
    try {
      const reply = answer(inbound)
      return reply instanceof Promise
        ? reply.catch((error: unknown) => failed(error, inbound))
        : reply
    } catch (error) {
      return failed(error, inbound)
    }
  }

  // Preflights are answered before anything that could refuse them: a page that may not even ask
  // sees an error of the network, whatever the answer would have said.
  return withCors(handle, options.corsOrigins, 'answered here')
}

/** Answers if the rate limit lets the request in; `path` is without the prefix of its service. */
type Admitted = (
  inbound: Inbound,
  path: string,
  answer: () => Reply | Promise<Reply>,
) => Reply | Promise<Reply>

function admission(rateLimits: RateLimits | null): Admitted {
  if (rateLimits === null) return (_inbound, _path, answer) => answer()
  return (inbound, path, answer) => {
    const told = isProbe(path) ? rateLimits.admitProbe(inbound) : rateLimits.admit(inbound)
    const reply = answer()
    if (told === null) return reply
    const tell = (ready: Reply): Reply => withHeaders(ready, told)
    return reply instanceof Promise ? reply.then(tell) : tell(reply)
  }
}

const failed = (error: unknown, inbound: Inbound): Reply =>
  withHeaders(problemReply(error, inbound, strayRequest(inbound)), ownHeaders)

function ownPages({
  health,
  docs,
  status,
  swagger,
  profiles,
}: GatewayOptions): (inbound: Inbound) => Reply | Promise<Reply> {
  const start = redirect('/docs/')
  const folders: Readonly<
    Record<string, (inbound: Inbound, below: string) => Reply | Promise<Reply>>
  > = {
    docs: async (inbound, below) =>
      status !== null && below === 'status.json' ? status() : found(await docs(below, inbound)),
    swagger: (inbound, below) => found(swagger(below, inbound)),
    ...(profiles !== null && {
      profiles: async (inbound, below) => found(await profiles(below, inbound)),
    }),
  }
  return (inbound) => {
    const { path } = inbound
    const page = path === '/' ? start : health(path)
    if (page !== null) {
      requireMethod(inbound.method, readingMethods)
      return page
    }
    const [, name = '', below] = /^\/([^/]*)(?:\/(.*))?$/s.exec(path) ?? []
    const folder = Object.hasOwn(folders, name) ? folders[name] : undefined
    if (folder === undefined) throw problem('not_found')
    requireMethod(inbound.method, readingMethods)
    return below === undefined ? redirect(`/${name}/`) : folder(inbound, below)
  }
}

function found<T>(answer: T | null): T {
  if (answer === null) throw problem('not_found')
  return answer
}

const redirect = (location: string): Reply => new Reply(302, { ...ownHeaders, location }, null)

function requireMethod(method: string, allowed: readonly string[]): void {
  if (allowed.includes(method)) return
  throw problem('method_not_allowed', {
    values: { method },
    headers: { allow: allowed.join(', ') },
  })
}
