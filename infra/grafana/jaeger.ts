/**
 * Jaeger's dashboard: whether spans are kept and can be found, and what the services lose. What Jaeger
 * 1.76 counts of spans received, and of their way through its queue, stays at zero for those that come
 * over OTLP; so no panel shows it.
 */
import { quantileOf } from '../prometheus/recording.ts'
import type { Board } from './board.ts'
import { lines, rate, stat, window } from './panels.ts'

const jaeger = 'job="jaeger",instance=~"$instance"'
const perSecond = (metric: string): string => `sum(rate(${metric}{${jaeger}}[${window}]))`

export const jaegerBoard: Board = {
  name: 'jaeger',
  title: 'Jaeger',
  description: 'The collector of traces and its store.',
  variables: { instance: 'label_values(up{job="jaeger"}, instance)' },
  tracesOf: null,
  rows: [
    {
      title: 'At a glance',
      panels: [
        stat('Up', `sum(up{${jaeger}})`, { unit: 'short', least: 1 }),
        stat('Spans kept', perSecond('jaeger_collector_spans_saved_by_svc_total'), { unit: 'ops' }),
        stat('Traces kept', perSecond('jaeger_collector_traces_saved_by_svc_total'), {
          unit: 'ops',
        }),
        stat('Dropped', perSecond('jaeger_collector_spans_dropped_total'), {
          unit: 'ops',
          limit: 0.001,
        }),
        stat(
          'Not kept',
          `sum(rate(jaeger_collector_spans_saved_by_svc_total{${jaeger},result="err"}[${window}]))`,
          { unit: 'ops', limit: 0.001 },
        ),
        stat(
          'Queue in use',
          `sum(jaeger_collector_queue_length{${jaeger}}) / sum(jaeger_collector_queue_capacity{${jaeger}})`,
          { unit: 'percentunit', limit: 0.8 },
        ),
      ],
    },
    {
      title: 'Spans',
      panels: [
        lines(
          'Spans kept by service',
          {
            '{{svc}} {{result}}': rate(
              'jaeger_collector_spans_saved_by_svc_total',
              jaeger,
              'svc, result',
            ),
          },
          { unit: 'ops' },
        ),
        lines(
          'Traces kept by service',
          {
            '{{svc}} {{result}}': rate(
              'jaeger_collector_traces_saved_by_svc_total',
              jaeger,
              'svc, result',
            ),
          },
          { unit: 'ops' },
        ),
        lines(
          'Spans that arrive together',
          { '{{instance}}': `jaeger_collector_batch_size{${jaeger}}` },
          { unit: 'short', description: 'Size of the last batch.' },
        ),
        lines(
          'Spans of the services',
          {
            '{{job}} {{result}}': `sum by (job, result) (rate(trace_spans_total[${window}]))`,
            '{{job}} waiting': 'sum by (job) (trace_span_queue_length)',
          },
          { unit: 'short', description: 'Dropped and failed ones never reach Jaeger.' },
        ),
      ],
    },
    {
      title: 'Store',
      panels: [
        lines(
          'Questions to the store',
          {
            '{{operation}} {{result}}': rate(
              'jaeger_storage_requests_total',
              jaeger,
              'operation, result',
            ),
          },
          { unit: 'ops' },
        ),
        lines(
          'p99 by question',
          {
            '{{operation}}': quantileOf({
              q: 0.99,
              metric: 'jaeger_storage_latency',
              labels: 'operation',
              selector: jaeger,
              window,
            }),
          },
          { unit: 's' },
        ),
      ],
    },
    {
      title: 'Process and runtime',
      panels: [
        lines(
          'CPU',
          { '{{instance}}': `rate(process_cpu_seconds_total{${jaeger}}[${window}])` },
          { unit: 'cores' },
        ),
        lines(
          'Memory',
          {
            '{{instance}} resident': `process_resident_memory_bytes{${jaeger}}`,
            '{{instance}} heap in use': `go_memstats_heap_inuse_bytes{${jaeger}}`,
          },
          { unit: 'bytes' },
        ),
        lines(
          'Network',
          {
            '{{instance}} in': `rate(process_network_receive_bytes_total{${jaeger}}[${window}])`,
            '{{instance}} out': `rate(process_network_transmit_bytes_total{${jaeger}}[${window}])`,
          },
          { unit: 'Bps' },
        ),
        lines(
          'Goroutines and files',
          {
            '{{instance}} goroutines': `go_goroutines{${jaeger}}`,
            '{{instance}} files': `process_open_fds{${jaeger}}`,
          },
          { unit: 'short' },
        ),
      ],
    },
  ],
}
