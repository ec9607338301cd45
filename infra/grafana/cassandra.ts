/** Cassandra's dashboard: its nodes, what clients wait for, what piles up inside. */
import { targets } from '../prometheus/targets.ts'
import type { Board } from './board.ts'
import { lines, stat, window, type Queries } from './panels.ts'

const nodes = 'job="cassandra",instance=~"$instance"'
const metric = (name: string, more = ''): string =>
  `org_apache_cassandra_metrics_${name}{${nodes}${more}}`
const perSecond = (name: string, labels: string, more = ''): string =>
  `sum by (${labels}) (rate(${metric(name, more)}[${window}]))`
/** The exporter tells microseconds. */
const seconds = (name: string, labels: string, more: string): string =>
  `max by (${labels}) (${metric(name, more)}) / 1e6`
const ofTables = ',table=~"$table"'

const troubles: Queries = Object.fromEntries(
  ['timeouts', 'unavailables', 'failures'].map((each) => [
    `{{scope}} ${each}`,
    perSecond(`clientrequest_${each}_count`, 'scope'),
  ]),
)

export const cassandraBoard: Board = {
  name: 'cassandra',
  title: 'Cassandra Overview',
  description: 'The nodes of the clustered store.',
  variables: {
    instance: 'label_values(up{job="cassandra"}, instance)',
    table: 'label_values(org_apache_cassandra_metrics_table_readlatency, table)',
  },
  tracesOf: null,
  rows: [
    {
      title: 'At a glance',
      panels: [
        stat('Nodes that answer', `sum(up{${nodes}})`, { unit: 'short', least: 1 }),
        stat(
          'Nodes held for down',
          `max(org_apache_cassandra_net_failuredetector_downendpointcount{${nodes}})`,
          { unit: 'short', limit: 1 },
        ),
        stat('Reads', perSecond('clientrequest_latency_count', 'scope', ',scope="Read"'), {
          unit: 'ops',
        }),
        stat('Writes', perSecond('clientrequest_latency_count', 'scope', ',scope="Write"'), {
          unit: 'ops',
        }),
        stat('Data', `sum(${metric('storage_load')})`, { unit: 'bytes' }),
        stat('Clients', `sum(${metric('client_connectednativeclients')})`, { unit: 'short' }),
      ],
    },
    {
      title: 'As the services see it',
      panels: [
        lines(
          'Nodes, as the services see them',
          { '{{job}} {{state}}': 'max by (job, state) (cassandra_nodes)' },
          { unit: 'short', description: 'Silent: connected, but its answers are late.' },
        ),
        lines(
          'Services that refuse calls',
          { '{{job}}': 'max by (job) (cassandra_breaker_open)' },
          {
            unit: 'short',
            limit: 1,
            description: 'Nearly all statements failed, so a service answers 503 at once.',
          },
        ),
      ],
    },
    {
      title: 'Requests of clients',
      panels: [
        lines(
          'p99 by kind',
          { '{{scope}}': seconds('clientrequest_latency', 'scope', ',quantile="0.99"') },
          { unit: 's', limit: targets.store },
        ),
        lines(
          'p95 by kind',
          { '{{scope}}': seconds('clientrequest_latency', 'scope', ',quantile="0.95"') },
          { unit: 's', limit: targets.store },
        ),
        lines(
          'Requests by kind',
          { '{{scope}}': perSecond('clientrequest_latency_count', 'scope') },
          { unit: 'ops' },
        ),
        lines('Requests that failed', troubles, { unit: 'ops' }),
        lines(
          'Conditional writes',
          {
            '{{scope}} not met': perSecond('clientrequest_conditionnotmet_count', 'scope'),
            '{{scope}} left unfinished': perSecond('clientrequest_unfinishedcommit_count', 'scope'),
            '{{scope}} in contention, p99': `max by (scope) (${metric('clientrequest_contentionhistogram', ',quantile="0.99"')})`,
          },
          { unit: 'short' },
        ),
        lines(
          'Statements',
          {
            prepared: perSecond('cql_preparedstatementsexecuted', 'job'),
            'not prepared': perSecond('cql_regularstatementsexecuted', 'job'),
          },
          { unit: 'ops' },
        ),
      ],
    },
    {
      title: 'Tables',
      panels: [
        lines(
          'p99 of reads by table',
          {
            '{{keyspace}}.{{table}}': seconds(
              'table_readlatency_us',
              'keyspace, table',
              `${ofTables},quantile="0.99"`,
            ),
          },
          { unit: 's', limit: targets.store },
        ),
        lines(
          'p99 of writes by table',
          {
            '{{keyspace}}.{{table}}': seconds(
              'table_writelatency_us',
              'keyspace, table',
              `${ofTables},quantile="0.99"`,
            ),
          },
          { unit: 's', limit: targets.store },
        ),
        lines(
          'Reads and writes by table',
          {
            '{{keyspace}}.{{table}} read': perSecond(
              'table_readlatency',
              'keyspace, table',
              ofTables,
            ),
            '{{keyspace}}.{{table}} written': perSecond(
              'table_writelatency',
              'keyspace, table',
              ofTables,
            ),
          },
          { unit: 'ops' },
        ),
        lines(
          'Size by table',
          {
            '{{keyspace}}.{{table}}': `sum by (keyspace, table) (${metric('table_livediskspaceused', ofTables)})`,
          },
          { unit: 'bytes' },
        ),
        lines(
          'SSTables by table',
          {
            '{{keyspace}}.{{table}}': `sum by (keyspace, table) (${metric('table_livesstablecount', ofTables)})`,
          },
          { unit: 'short' },
        ),
      ],
    },
    {
      title: 'Inside',
      panels: [
        lines(
          'Tasks that wait',
          { '{{pool}}': `sum by (pool) (${metric('threadpools_pendingtasks')})` },
          { unit: 'short' },
        ),
        lines(
          'Tasks under way',
          { '{{pool}}': `sum by (pool) (${metric('threadpools_activetasks')})` },
          { unit: 'short' },
        ),
        lines(
          'Messages dropped',
          { '{{scope}}': perSecond('droppedmessage_dropped_count', 'scope') },
          { unit: 'ops' },
        ),
        lines(
          'Compaction',
          {
            waiting: `sum(${metric('compaction_pendingtasks')})`,
            'done a second': perSecond('compaction_completedtasks', 'job'),
          },
          { unit: 'short' },
        ),
        lines(
          'Hints',
          {
            kept: perSecond('storage_totalhints', 'job'),
            'under way': `sum(${metric('storage_totalhintsinprogress')})`,
          },
          { unit: 'short' },
        ),
        lines(
          'Cache hits',
          {
            '{{scope}}': `max by (scope) (${metric('cache_hitrate_value')})`,
          },
          { unit: 'percentunit' },
        ),
        lines(
          'Commit log',
          { '{{instance}}': metric('commitlog_totalcommitlogsize') },
          { unit: 'bytes' },
        ),
        lines(
          'Exceptions',
          { '{{instance}}': `rate(${metric('storage_exceptions')}[${window}])` },
          { unit: 'ops' },
        ),
      ],
    },
    {
      title: 'Process and runtime',
      panels: [
        lines(
          'CPU',
          { '{{instance}}': `rate(process_cpu_seconds_total{${nodes}}[${window}])` },
          { unit: 'cores' },
        ),
        lines(
          'Memory',
          {
            '{{instance}} resident': `process_resident_memory_bytes{${nodes}}`,
            '{{instance}} {{area}}': `jvm_memory_used_bytes{${nodes}}`,
            '{{instance}} {{area}}, of': `jvm_memory_committed_bytes{${nodes}}`,
          },
          { unit: 'bytes' },
        ),
        lines(
          'Time in garbage collection',
          {
            '{{instance}} {{gc}}': `rate(jvm_gc_collection_seconds_sum{${nodes}}[${window}])`,
          },
          { unit: 'percentunit', limit: 0.1 },
        ),
        lines(
          'Threads and files',
          {
            '{{instance}} threads': `jvm_threads_current{${nodes}}`,
            '{{instance}} files': `process_open_fds{${nodes}}`,
          },
          { unit: 'short' },
        ),
      ],
    },
  ],
}
