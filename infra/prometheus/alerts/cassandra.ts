/** Alerts on Cassandra, by the metrics of its nodes. */
import type { Times } from '../times.ts'
import type { AlertGroup } from './alert.ts'

const down = 'org_apache_cassandra_net_failuredetector_downendpointcount'

export const cassandraAlerts = (time: Times): AlertGroup => ({
  name: 'cassandra',
  alerts: [
    {
      name: 'CassandraNodeDown',
      severity: 'critical',
      // A dead node cannot speak, so its neighbours count as well, and the services.
      expr: `up{job="cassandra"} == 0 or ${down} > 0 or max by (job) (cassandra_nodes{state="down"}) > 0`,
      for: '1m',
      summary: 'A Cassandra node is down',
      description:
        'It is {{ with $labels.instance }}{{ . }}, or a neighbour of it{{ else }}one that the {{ $labels.job }} service cannot reach{{ end }}; one more and quorums fail.',
    },
    {
      name: 'CassandraUnreachable',
      severity: 'critical',
      expr: 'max by (job) (cassandra_breaker_open) > 0',
      for: '1m',
      summary: '{{ $labels.job }} cannot reach its store',
      description:
        'Nearly all statements of {{ $labels.job }} fail, so it answers 503 at once until the cluster is back.',
    },
    {
      name: 'CassandraDropsRequests',
      severity: 'warning',
      expr: `sum by (instance) (increase(org_apache_cassandra_metrics_droppedmessage_dropped_count[${time('5m')}])) > 0`,
      for: '2m',
      summary: 'Cassandra at {{ $labels.instance }} drops requests',
      description: 'It was too busy to look at {{ $value | humanize }} messages in time.',
    },
  ],
})
