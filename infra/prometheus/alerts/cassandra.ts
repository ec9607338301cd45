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
      // A dead node cannot speak, so its neighbours count as well.
      expr: `up{job="cassandra"} == 0 or ${down} > 0`,
      for: '1m',
      summary: 'A Cassandra node is down',
      description:
        '{{ $labels.instance }} is down or sees a neighbour down; one more and quorums fail.',
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
