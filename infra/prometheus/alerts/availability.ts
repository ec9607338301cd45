/** Alerts on parts that are not there. */
import { vitalJobs } from '../targets.ts'
import type { Times } from '../times.ts'
import type { AlertGroup } from './alert.ts'

export const availabilityAlerts = (time: Times): AlertGroup => ({
  name: 'availability',
  alerts: [
    {
      name: 'ServiceDown',
      severity: 'critical',
      expr: `up{job=~"${vitalJobs}"} == 0`,
      for: '1m',
      summary: '{{ $labels.job }} at {{ $labels.instance }} does not answer',
      description: 'Prometheus cannot read the metrics of {{ $labels.instance }}.',
    },
    {
      name: 'TargetDown',
      severity: 'warning',
      // Cassandra has an alert of its own, which knows more.
      expr: `up{job!~"${vitalJobs}|cassandra"} == 0`,
      for: '2m',
      summary: '{{ $labels.job }} at {{ $labels.instance }} does not answer',
      description:
        'Prometheus cannot read the metrics of {{ $labels.instance }}; the shop sells on, but less of it can be watched.',
    },
    {
      name: 'GatewayDown',
      severity: 'critical',
      expr: 'nginx_up == 0',
      for: '1m',
      summary: 'nginx does not answer',
      description: 'The exporter cannot reach nginx, so no customer can reach the shop.',
    },
    {
      name: 'ServiceRestarting',
      severity: 'warning',
      expr: `changes(process_start_time_seconds{job=~"${vitalJobs}"}[${time('15m')}]) >= 3`,
      for: '1m',
      summary: '{{ $labels.job }} starts again and again',
      description: '{{ $labels.instance }} was started {{ $value }} times within 15 minutes.',
    },
    {
      name: 'AlertsNotDelivered',
      severity: 'warning',
      expr: `increase(prometheus_notifications_dropped_total[${time('10m')}]) > 0 or increase(prometheus_notifications_errors_total[${time('10m')}]) > 0`,
      for: '1m',
      summary: 'Prometheus cannot reach the Alertmanager',
      description: 'Alerts fire, but messages may be missing.',
    },
    {
      name: 'TracesLost',
      severity: 'info',
      expr: `sum by (job) (increase(trace_spans_total{result!="exported"}[${time('5m')}])) > 0`,
      for: '5m',
      summary: '{{ $labels.job }} loses spans',
      description:
        '{{ $value | humanize }} spans did not reach Jaeger within five minutes; requests are not touched by it.',
    },
  ],
})
