/** The shape of an alert, and what every alert must have. */
import type { Duration, Times } from '../times.ts'

/**
 * `critical`: customers are hurt now, somebody gets up. `warning`: it will hurt, look today. `info`:
 * worth knowing.
 */
export type Severity = 'critical' | 'warning' | 'info'

export interface Alert {
  readonly name: string
  readonly severity: Severity
  readonly expr: string
  /** How long it must hold before anybody is told. */
  readonly for: Duration
  /** One line; may use the labels of the expression. */
  readonly summary: string
  readonly description: string
}

export interface AlertGroup {
  readonly name: string
  readonly alerts: readonly Alert[]
}

/** Renders the groups as a rule file; `runbooks` is the address of the folder of runbooks. */
export function alertRules(groups: readonly AlertGroup[], time: Times, runbooks: string): object {
  return {
    groups: groups.map(({ name, alerts }) => ({
      name,
      rules: alerts.map((alert) => ({
        alert: alert.name,
        expr: alert.expr,
        for: time(alert.for),
        labels: { severity: alert.severity },
        annotations: {
          summary: alert.summary,
          description: alert.description,
          runbook_url: `${runbooks}/${runbookOf(alert.name)}`,
        },
      })),
    })),
  }
}

/** `LatencyP99High` is explained in `docs/runbooks/latency-p99-high.md`. */
export const runbookOf = (name: string): string =>
  name.replace(/([a-z\d])([A-Z])/g, '$1-$2').toLowerCase()
