/** Requests and their times out of a metrics page, and what happened between two of them. */

/** Counts since the start of a process, or of several together. */
export interface Counts {
  readonly requests: number
  /** Requests at most as long as the bound, by its text: `0.005`, `+Inf`. */
  readonly buckets: ReadonlyMap<string, number>
}

/** Health checks and scrapes come whether anybody shops or not, so they would hide that nobody does. */
const isAsked = (route: string): boolean => !/^\/(health|metrics)\b/.test(route)

/** Reads Prometheus text (https://prometheus.io/docs/instrumenting/exposition_formats/). */
export function countsIn(page: string): Counts {
  let requests = 0
  const buckets = new Map<string, number>()
  const series =
    /^(http_requests_total|http_request_duration_seconds_bucket)\{([^}]*)\} (\d+(?:\.\d+)?)/gm
  for (const [, name, labels = '', value] of page.matchAll(series)) {
    if (!isAsked(labelOf(labels, 'route'))) continue
    if (name === 'http_requests_total') requests += Number(value)
    else {
      const bound = labelOf(labels, 'le')
      buckets.set(bound, (buckets.get(bound) ?? 0) + Number(value))
    }
  }
  return { requests, buckets }
}

function labelOf(labels: string, name: string): string {
  const at = labels.indexOf(`${name}="`)
  if (at === -1) return ''
  const start = at + name.length + 2
  return labels.slice(start, labels.indexOf('"', start))
}

export function add(a: Counts, b: Counts): Counts {
  const bounds = new Set([...a.buckets.keys(), ...b.buckets.keys()])
  return {
    requests: a.requests + b.requests,
    buckets: new Map(
      [...bounds].map((bound) => [
        bound,
        (a.buckets.get(bound) ?? 0) + (b.buckets.get(bound) ?? 0),
      ]),
    ),
  }
}

export const nothing: Counts = { requests: 0, buckets: new Map() }

/** A process that was started again counts from zero, so a step back says nothing. */
export const requestsBetween = (before: Counts, after: Counts): number | null =>
  after.requests < before.requests ? null : after.requests - before.requests

/**
 * The time in seconds within which `share` of the requests between two moments were answered, as
 * PromQL's histogram_quantile has it: straight through the bucket. Null when there were none.
 */
export function quantileBetween(before: Counts, after: Counts, share: number): number | null {
  const steps = [...after.buckets]
    .map(([bound, count]) => ({
      bound: bound === '+Inf' ? Infinity : Number(bound),
      count: count - (before.buckets.get(bound) ?? 0),
    }))
    .sort((a, b) => a.bound - b.bound)
  const total = steps.at(-1)?.count ?? 0
  if (total <= 0) return null
  const rank = share * total
  let lower = { bound: 0, count: 0 }
  for (const step of steps) {
    if (step.count >= rank) {
      if (step.bound === Infinity) return lower.bound
      const part = (rank - lower.count) / (step.count - lower.count)
      return lower.bound + (step.bound - lower.bound) * part
    }
    lower = step
  }
  return null
}
