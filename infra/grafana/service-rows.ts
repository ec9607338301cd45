/** The rows that the dashboards of all services share: how it is, its routes, its store, its process. */
import type { ServiceName } from '../../core/values/service-name.ts'
import { quantileOf } from '../prometheus/recording.ts'
import { customerRoutes, streamRoute, targets } from '../prometheus/targets.ts'
import { serviceMemory } from '../topology.ts'
import type { Board, Row } from './board.ts'
import { lines, rate, stat, window } from './panels.ts'

/** The series of a service's chosen copies. */
export const copiesOf = (service: ServiceName): string => `job="${service}",instance=~"$instance"`

/** The dashboard of one service around its own business. */
export function serviceBoard(
  service: ServiceName,
  title: string,
  description: string,
  business: Row,
): Board {
  return {
    name: service,
    title,
    description,
    variables: {
      instance: `label_values(up{job="${service}"}, instance)`,
      route: `label_values(http_requests_total{job="${service}",${customerRoutes}}, route)`,
    },
    tracesOf: service,
    rows: [
      glance(service),
      business,
      routes(service),
      store(service),
      calls(service),
      processRow(copiesOf(service)),
      machineRow,
    ],
  }
}

const durations = (q: number, service: ServiceName, labels: string, more: string): string =>
  quantileOf({
    q,
    metric: 'http_request_duration_seconds',
    labels,
    selector: `${copiesOf(service)},${customerRoutes},${streamRoute}${more}`,
    window,
  })

const glance = (service: ServiceName): Row => ({
  title: 'At a glance',
  panels: [
    stat(
      'Requests',
      `sum(rate(http_requests_total{${copiesOf(service)},${customerRoutes}}[${window}]))`,
      {
        unit: 'reqps',
        limit: targets.requests,
      },
    ),
    stat('Failed', `job:http_errors:ratio_rate5m{job="${service}"}`, {
      unit: 'percentunit',
      limit: targets.errors,
      description: 'Share of answers with 5xx over five minutes, of all copies.',
    }),
    stat('p99', durations(0.99, service, '', ''), { unit: 's', limit: targets.p99 }),
    stat('p95', durations(0.95, service, '', ''), { unit: 's', limit: targets.p95 }),
    stat('Copies up', `sum(up{${copiesOf(service)}})`, { unit: 'short', least: 1 }),
    stat('In flight', `sum(http_requests_in_flight{${copiesOf(service)}})`, { unit: 'short' }),
  ],
})

const routes = (service: ServiceName): Row => {
  const chosen = ',route=~"$route"'
  const counted = `${copiesOf(service)},${customerRoutes}${chosen}`
  return {
    title: 'Routes',
    panels: [
      lines(
        'p99 by route',
        { '{{method}} {{route}}': durations(0.99, service, 'method, route', chosen) },
        {
          unit: 's',
          limit: targets.p99,
          exemplars: true,
          description: 'Dots are traced requests.',
        },
      ),
      lines(
        'p95 by route',
        { '{{method}} {{route}}': durations(0.95, service, 'method, route', chosen) },
        {
          unit: 's',
          limit: targets.p95,
          exemplars: true,
          description: 'Dots are traced requests.',
        },
      ),
      lines(
        'Requests by route',
        { '{{method}} {{route}}': rate('http_requests_total', counted, 'method, route') },
        { unit: 'reqps' },
      ),
      lines(
        'Answers by status',
        {
          '{{status}}': rate('http_requests_total', counted, 'status'),
          'shed before any work': `sum(rate(http_requests_shed_total{${copiesOf(service)}}[${window}]))`,
        },
        { unit: 'reqps', description: '499 are clients that did not wait for their answer.' },
      ),
    ],
  }
}

/** Whichever store the service runs on. */
const eitherStore = (expr: (store: string) => string): string =>
  ['sqlite', 'cassandra'].map(expr).join(' or ')

const store = (service: ServiceName): Row => {
  const copies = copiesOf(service)
  return {
    title: 'Database',
    panels: [
      lines(
        'p99 by statement',
        {
          '{{operation}}': eitherStore((name) =>
            quantileOf({
              q: 0.99,
              metric: `${name}_query_duration_seconds`,
              labels: 'operation',
              selector: copies,
              window,
            }),
          ),
        },
        { unit: 's', limit: targets.store },
      ),
      lines(
        'Statements',
        {
          '{{operation}}': eitherStore((name) =>
            rate(`${name}_queries_total`, copies, 'operation'),
          ),
        },
        { unit: 'ops' },
      ),
      lines(
        'Writes that wait for a commit',
        { '{{instance}}': `sqlite_write_queue_length{${copies}}` },
        { unit: 'short', description: 'With SQLite: the queue of the group commit.' },
      ),
      lines(
        'Writes in one commit',
        {
          mean: `sum(rate(sqlite_commit_batch_size_sum{${copies}}[${window}])) / sum(rate(sqlite_commit_batch_size_count{${copies}}[${window}]))`,
        },
        { unit: 'short', description: 'With SQLite: how many writes share one fsync.' },
      ),
    ],
  }
}

const calls = (service: ServiceName): Row => {
  const copies = copiesOf(service)
  return {
    title: 'Calls to other services',
    panels: [
      lines(
        'p99 by service',
        {
          '{{peer}}': quantileOf({
            q: 0.99,
            metric: 'service_call_duration_seconds',
            labels: 'peer',
            selector: copies,
            window,
          }),
        },
        { unit: 's', limit: targets.p99, description: 'Waits and retries included.' },
      ),
      lines(
        'Calls',
        { '{{peer}} {{result}}': rate('service_calls_total', copies, 'peer, result') },
        { unit: 'reqps' },
      ),
      lines(
        'Retries',
        {
          '{{peer}}': rate('service_call_retries_total', copies, 'peer'),
          '{{peer}}, not allowed': rate('retry_budget_exhausted_total', copies, 'peer'),
        },
        { unit: 'ops' },
      ),
      lines(
        'Breakers',
        {
          '{{peer}} open': `max by (peer) (circuit_breaker_open{${copies}})`,
          '{{peer}} to {{to}}': `sum by (peer, to) (increase(circuit_breaker_transitions_total{${copies}}[${window}]))`,
          'age of the feed of ended sessions, s': `max(revocation_feed_lag_seconds{${copies}})`,
        },
        { unit: 'short' },
      ),
    ],
  }
}

export const processRow = (selector: string): Row => ({
  title: 'Process and runtime',
  panels: [
    lines(
      'CPU',
      {
        '{{instance}} user': `rate(process_cpu_user_seconds_total{${selector}}[${window}])`,
        '{{instance}} system': `rate(process_cpu_system_seconds_total{${selector}}[${window}])`,
        '{{instance}}': `rate(process_cpu_seconds_total{${selector}}[${window}])`,
      },
      { unit: 'cores', limit: 0.9 },
    ),
    lines(
      'Memory',
      {
        '{{instance}} resident': `process_resident_memory_bytes{${selector}}`,
        '{{instance}} heap': `nodejs_heap_size_total_bytes{${selector}}`,
        '{{instance}} heap in use': `nodejs_heap_size_used_bytes{${selector}}`,
        '{{instance}} buffers': `nodejs_external_memory_bytes{${selector}}`,
      },
      { unit: 'bytes', limit: serviceMemory * 1024 * 1024 },
    ),
    lines(
      'Delay of the event loop',
      {
        ...Object.fromEntries(
          ['p50', 'p90', 'p99', 'max'].map((each) => [
            `{{instance}} ${each}`,
            `nodejs_eventloop_lag_${each}_seconds{${selector}}`,
          ]),
        ),
        '{{instance}} one turn': `nodejs_eventloop_lag_seconds{${selector}}`,
      },
      { unit: 's' },
    ),
    lines(
      'Open files',
      {
        '{{instance}}': `process_open_fds{${selector}}`,
        '{{instance}} allowed': `process_max_fds{${selector}}`,
      },
      { unit: 'short' },
    ),
    lines(
      'Up for',
      { '{{instance}}': `time() - process_start_time_seconds{${selector}}` },
      { unit: 's' },
    ),
    lines(
      'Planted faults',
      { '{{instance}} {{kind}}': `faults_active{${selector}}` },
      { unit: 'short', description: 'In the demo profile: POST /system/faults.' },
    ),
  ],
})

/** No metric tells the traffic of one process; the machine's does where each has one of its own. */
export const machineRow: Row = {
  title: 'Machine',
  panels: [
    lines(
      'CPU of the machine',
      { '{{mode}}': `sum by (mode) (rate(node_cpu_seconds_total{mode!="idle"}[${window}]))` },
      { unit: 'cores' },
    ),
    lines(
      'Memory of the machine',
      {
        available: 'sum(node_memory_MemAvailable_bytes)',
        total: 'sum(node_memory_MemTotal_bytes)',
      },
      { unit: 'bytes' },
    ),
    lines(
      'Network of the machine',
      {
        '{{device}} in': `sum by (device) (rate(node_network_receive_bytes_total[${window}]))`,
        '{{device}} out': `sum by (device) (rate(node_network_transmit_bytes_total[${window}]))`,
      },
      { unit: 'Bps' },
    ),
    lines(
      'Disk of the machine',
      {
        '{{device}} read': `sum by (device) (rate(node_disk_read_bytes_total[${window}]))`,
        '{{device}} written': `sum by (device) (rate(node_disk_written_bytes_total[${window}]))`,
      },
      { unit: 'Bps' },
    ),
  ],
}
