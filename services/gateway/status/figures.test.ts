/** Figures out of metrics pages. */
import { describe, expect, test } from 'bun:test'
import { add, countsIn, nothing, quantileBetween, requestsBetween, type Counts } from './figures.ts'

const page = `# HELP http_requests_total Answers
# TYPE http_requests_total counter
http_requests_total{method="GET",route="/products/",status="200"} 40
http_requests_total{method="GET",route="/products/",status="503"} 2
http_requests_total{method="GET",route="/health/ready",status="200"} 9000
http_requests_total{method="GET",route="/metrics",status="200"} 70
http_request_duration_seconds_bucket{method="GET",route="/products/",le="0.005"} 40
http_request_duration_seconds_bucket{method="GET",route="/products/",le="0.01"} 42
http_request_duration_seconds_bucket{method="GET",route="/products/",le="+Inf"} 42
http_request_duration_seconds_bucket{method="GET",route="/health/ready",le="+Inf"} 9000
http_request_duration_seconds_sum{method="GET",route="/products/"} 0.1
`

const counts = (buckets: Readonly<Record<string, number>>): Counts => ({
  requests: buckets['+Inf'] ?? 0,
  buckets: new Map(Object.entries(buckets)),
})

describe('a metrics page', () => {
  test('is summed over routes and statuses, health checks and scrapes left out', () => {
    const { requests, buckets } = countsIn(page)
    expect(requests).toBe(42)
    expect(Object.fromEntries(buckets)).toEqual({ '0.005': 40, '0.01': 42, '+Inf': 42 })
  })
  test('adds up with that of another copy', () => {
    const both = add(countsIn(page), add(nothing, counts({ '0.02': 1, '+Inf': 1 })))
    expect(both.requests).toBe(43)
    expect(both.buckets.get('+Inf')).toBe(43)
    expect(both.buckets.get('0.02')).toBe(1)
  })
})

describe('between two pages', () => {
  const before = counts({ '0.1': 100, '0.2': 100, '+Inf': 100 })

  test('the requests are the difference, unless the process has started again', () => {
    expect(requestsBetween(before, counts({ '+Inf': 130 }))).toBe(30)
    expect(requestsBetween(before, counts({ '+Inf': 3 }))).toBeNull()
  })
  test('a quantile lies in the bucket of its rank', () => {
    const after = counts({ '0.1': 150, '0.2': 200, '+Inf': 200 })
    expect(quantileBetween(before, after, 0.25)).toBeCloseTo(0.05)
    expect(quantileBetween(before, after, 0.5)).toBeCloseTo(0.1)
    expect(quantileBetween(before, after, 0.99)).toBeCloseTo(0.198)
  })
  test('what is longer than every bucket counts as the longest', () => {
    expect(quantileBetween(before, counts({ '0.1': 100, '0.2': 101, '+Inf': 110 }), 0.99)).toBe(0.2)
  })
  test('without requests there is none', () => {
    expect(quantileBetween(before, before, 0.99)).toBeNull()
  })
})
