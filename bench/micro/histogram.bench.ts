/** Recording one request: a count and a duration, with labels. */
import { Counter, Histogram, Registry } from 'prom-client'
import { durationBuckets } from '../../core/metrics/histogram.ts'
import { createMetrics } from '../../core/metrics/metrics.ts'
import { repeated, turn, type Suite } from './suite.ts'

const batch = 1_000
const labels = { method: 'GET', route: '/products/' }
const seconds = [0.0001, 0.0004, 0.0012, 0.004, 0.03]

export default {
  mirrors: 'core/metrics/histogram.ts',
  operation: 'one request counted and timed',
  batch,
  variants: {
    'slots bound at boot'() {
      const metrics = createMetrics('catalog')
      const count = metrics
        .counter('http_requests_total', 'Requests', ['method', 'route', 'status'])
        .slot({ ...labels, status: '200' })
      const duration = metrics
        .histogram('http_request_duration_seconds', 'Durations', { labels: ['method', 'route'] })
        .slot(labels)
      return repeated(batch, (at) => {
        count.inc()
        duration.observe(turn(seconds, at))
      })
    },
    'prom-client, labels on each call'() {
      const { count, duration } = registered()
      return repeated(batch, (at) => {
        count.inc({ ...labels, status: '200' })
        duration.observe(labels, turn(seconds, at))
      })
    },
    'prom-client, labels bound at boot'() {
      const { count, duration } = registered()
      const boundCount = count.labels({ ...labels, status: '200' })
      const boundDuration = duration.labels(labels)
      return repeated(batch, (at) => {
        boundCount.inc()
        boundDuration.observe(turn(seconds, at))
      })
    },
  },
} satisfies Suite

function registered() {
  const registers = [new Registry()]
  const count = new Counter({
    name: 'http_requests_total',
    help: 'Requests',
    labelNames: ['method', 'route', 'status'],
    registers,
  })
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Durations',
    labelNames: ['method', 'route'],
    buckets: [...durationBuckets],
    registers,
  })
  return { count, duration }
}
