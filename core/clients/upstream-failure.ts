/** A call to another service that got no usable answer, and whether it can have had an effect. */
import { Problem } from '../http/problem.ts'
import type { ErrorCode } from '../http/errors.ts'
import type { ServiceName } from '../values/service-name.ts'

/**
 * `no`: no attempt reached the service's handlers, so nothing was done there.
 * `unknown`: at least one attempt may have been carried out, wholly or in part.
 */
export type Sent = 'no' | 'unknown'

/** Answered to the client, when nobody catches it, as 503 with `Retry-After: 1`. */
export class UpstreamFailure extends Problem {
  override readonly name = 'UpstreamFailure'
  readonly upstream: ServiceName
  readonly sent: Sent

  constructor(
    upstream: ServiceName,
    sent: Sent,
    cause: unknown,
    code: ErrorCode = 'service_unavailable',
  ) {
    super(code, { values: { service: upstream }, retryAfter: 1, cause })
    this.upstream = upstream
    this.sent = sent
  }
}
