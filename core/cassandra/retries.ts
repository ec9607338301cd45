/** When the driver may send a statement a second time: once, elsewhere, and only what is idempotent. */
import { policies, type types } from 'cassandra-driver'

type Decision = policies.retry.DecisionInfo
type Operation = policies.retry.OperationInfo

/**
 * The driver's own policy also repeats statements that are not idempotent where the server says "too
 * few replicas"; of a conditional write, part of whose rounds may be over, nobody knows what that means.
 */
export function createRetryPolicy(): policies.retry.RetryPolicy {
  const policy = new policies.retry.RetryPolicy()
  const onceElsewhere = (
    { executionOptions, nbRetry }: Operation,
    consistency: types.consistencies,
  ): Decision =>
    executionOptions.isIdempotent() === true && nbRetry === 0
      ? policy.retryResult(consistency, false)
      : policy.rethrowResult()
  return Object.assign(policy, {
    onReadTimeout: onceElsewhere,
    onWriteTimeout: onceElsewhere,
    onUnavailable: onceElsewhere,
    onRequestError: onceElsewhere,
  })
}
