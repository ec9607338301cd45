/** One scrape of some 500 series, which holds the event loop until it is written. */
import { Counter, Histogram, Registry } from 'prom-client'
import { durationBuckets } from '../../core/metrics/histogram.ts'
import { createMetrics } from '../../core/metrics/metrics.ts'
import type { Suite } from './suite.ts'

/** A route has a duration of 18 series and three statuses. */
const routes = Array.from({ length: 22 }, (_, at) => ({
  method: 'GET',
  route: `/things/${at}/:id`,
}))
const statuses = ['200', '500', '503']
const requests = ['http_requests_total', 'Requests', ['method', 'route', 'status']] as const
const durations = ['http_request_duration_seconds', 'Time', ['method', 'route']] as const

export default {
  mirrors: 'core/metrics/metrics.ts',
  operation: 'one scrape of 500 series',
  batch: 1,
  variants: {
    'slots, shown by prom-client'() {
      const metrics = createMetrics('bench')
      const [name, help, labels] = durations
      const duration = metrics.histogram(name, help, { labels })
      const count = metrics.counter(...requests)
      for (const route of routes) {
        const slot = duration.slot(route)
        for (let n = 0; n < 100; n++) slot.observe(n / 1_000)
        for (const status of statuses) count.slot({ ...route, status }).inc(7)
      }
      return () => metrics.text()
    },
    'prom-client alone'() {
      const registry = new Registry()
      const duration = new Histogram({
        name: durations[0],
        help: durations[1],
        labelNames: [...durations[2]],
        buckets: [...durationBuckets],
        registers: [registry],
      })
      const count = new Counter({
        name: requests[0],
        help: requests[1],
        labelNames: [...requests[2]],
        registers: [registry],
      })
      for (const route of routes) {
        for (let n = 0; n < 100; n++) duration.observe(route, n / 1_000)
        for (const status of statuses) count.inc({ ...route, status }, 7)
      }
      return () => registry.metrics()
    },
  },
} satisfies Suite
