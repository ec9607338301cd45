/** Tells the driver's errors apart: the cluster is out of reach, an outcome is unknown, the code is wrong. */
import { errors, types } from 'cassandra-driver'
import { OutcomeUnknown } from '../http/outcome-unknown.ts'
import { Problem, problem } from '../http/problem.ts'

export const unavailable = (cause?: unknown): Problem =>
  problem('store_unavailable', { retryAfter: 1, cause })

const code = types.responseErrorCodes

/** Answers that say the statement itself is wrong; they come before anything is done. */
const refusals: ReadonlySet<number> = new Set([
  code.syntaxError,
  code.unauthorized,
  code.invalid,
  code.configError,
  code.alreadyExists,
  code.protocolError,
])

/** A mistake on this side, which no repetition mends. */
const isDefect = (error: unknown): boolean =>
  error instanceof errors.ResponseError
    ? refusals.has(error.code)
    : error instanceof TypeError || error instanceof RangeError

/** True when a coordinator was never reached, so that nothing can have happened. */
const wasNotSent = (error: unknown): boolean =>
  error instanceof errors.NoHostAvailableError || error instanceof errors.BusyConnectionError

/** True for what says that the cluster, not the statement, is in trouble: it counts for the breaker. */
export function isOutage(error: unknown): boolean {
  if (error instanceof errors.ResponseError) {
    return error.code === code.unavailableException || error.code === code.isBootstrapping
  }
  return !isDefect(error) && !(error instanceof Problem)
}

/** The error to throw for a failed read or plain write. */
export const failureOf = (error: unknown): unknown =>
  isDefect(error) || error instanceof Problem ? error : unavailable(error)

/** The error to throw for a failed conditional write; whatever is not certain is unknown. */
export const conditionalFailureOf = (error: unknown): unknown => {
  if (isDefect(error) || error instanceof Problem) return error
  return wasNotSent(error) ? unavailable(error) : new OutcomeUnknown(error)
}

/** True when waiting helps at boot: nobody listens yet, or not in full. */
export const isUnreachable = (error: unknown): boolean =>
  error instanceof errors.NoHostAvailableError ||
  error instanceof errors.OperationTimedOutError ||
  (error instanceof Error && 'isSocketError' in error)
