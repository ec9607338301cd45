/**
 * When an idempotent read is sent to a second replica as well: after 150 ms, while the budget lasts. One
 * node that hangs is helped by it. Where all are slow, for want of processors, it would double the work
 * that made them slow.
 */
import { metrics, type policies } from 'cassandra-driver'
import { createRetryBudget } from '../resilience/retry-budget.ts'

/** Milliseconds after which the second replica is asked. */
const delay = 150
/** A tenth of the statements, and what a paused node of three holds up until it is asked last (rotation.ts). */
const budgetOptions = { share: 0.1, burst: 500 } as const

export interface Speculation {
  readonly policy: policies.speculativeExecution.SpeculativeExecutionPolicy
  /** Hears of each second request that is really sent, and takes it from the budget. */
  readonly metrics: metrics.ClientMetrics
}

export function createSpeculation(): Speculation {
  const budget = createRetryBudget(budgetOptions)
  const policy = {
    newPlan() {
      budget.earn()
      let asked = false
      return {
        nextExecution(): number {
          if (asked || budget.left() === 0) return -1
          asked = true
          return delay
        },
      }
    },
    getOptions: () => new Map<string, object>(),
    init() {},
    shutdown() {},
  }
  const heard = new metrics.DefaultMetrics()
  heard.onSpeculativeExecution = () => void budget.take()
  return { policy, metrics: heard }
}
