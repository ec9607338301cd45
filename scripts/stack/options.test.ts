/** The command line of the stack. */
import { describe, expect, test } from 'bun:test'
import { ports } from '../../infra/topology.ts'
import { cassandraEnv, cassandraMetrics } from './cassandra.ts'
import { parseStack, type StackOptions } from './options.ts'
import { isLoopback } from './place.ts'

function options(args: readonly string[], env: Record<string, string> = {}): StackOptions {
  const command = parseStack(args, env)
  if (command?.kind !== 'up') throw new Error(`${args.join(' ')} starts nothing.`)
  return command.options
}

describe('without options', () => {
  test('everything is where users know it', () => {
    expect(options([])).toMatchObject({
      dataDir: 'data',
      store: 'sqlite',
      profile: 'demo',
      ports,
      scale: 1,
    })
    expect(ports).toMatchObject({ nginx: 80, prometheus: 9090, alertmanager: 9093, grafana: 3000 })
  })
  test('the environment stands in', () => {
    const env = { STORE: 'cassandra', PROFILE: 'production', DATA_DIR: '/d' }
    expect(options([], env)).toMatchObject({
      dataDir: '/d',
      store: 'cassandra',
      profile: 'production',
    })
  })
})

test.each([
  ['127.0.0.1', true],
  ['localhost', true],
  ['::1', true],
  ['0.0.0.0', false],
  ['::', false],
  ['192.0.2.127', false],
])('pages without a password are for this machine alone: %s', (host, isOwn) => {
  expect(isLoopback(host)).toBe(isOwn)
})
test('production has no page without a password', () => {
  const { without } = options(['--profile', 'production', '--without', 'nginx'])
  expect([...without].sort()).toEqual(['jaeger', 'locust', 'nginx'])
  expect(options([]).without.size).toBe(0)
})

describe('ports', () => {
  test('can be taken in a row, the services’ as the start command wants them', () => {
    const row = options(['--ports-from', '18100']).ports
    expect(new Set(Object.values(row)).size).toBe(Object.keys(ports).length)
    expect([row.nginx, row.catalog, row.cart, row.order, row.user, row.gatewayMetrics]).toEqual([
      18_100, 18_102, 18_103, 18_104, 18_105, 18_106,
    ])
  })
  test('nginx’s can be chosen alone', () => {
    expect(options(['--port', '8880']).ports).toEqual({ ...ports, nginx: 8880 })
  })
})

test('Cassandra is found at its address, its metrics at the port of the row', () => {
  const { ports: row, cassandraAddress } = options([
    ...['--store', 'cassandra', '--ports-from', '18100', '--cassandra-address', '127.0.9.1'],
  ])
  expect(cassandraEnv({ ...options([]), ports: row, cassandraAddress })).toEqual({
    CASSANDRA_CONTACT_POINTS: '127.0.9.1:9042',
    CASSANDRA_REPLICATION: '1',
  })
  expect(cassandraMetrics({ ...options([]), ports: row, cassandraAddress })).toBe(
    `127.0.9.1:${row.cassandraMetrics}`,
  )
})

test('other words than a start', () => {
  expect(parseStack(['status'], {})).toEqual({ kind: 'status', dataDir: 'data' })
  expect(parseStack(['stop', '--data', 'x'], {})).toEqual({ kind: 'stop', dataDir: 'x' })
})

test('parts are left out by name', () => {
  const { without } = options(['--without', 'jaeger,locust', '--without', 'nginx'])
  expect([...without]).toEqual(['jaeger', 'locust', 'nginx'])
})

test.each([
  [['--port', '0']],
  [['--ports-from', '65530']],
  [['--store', 'redis']],
  [['--profile', 'test']],
  [['--scale', '2']],
  [['--scale', 'fast']],
  [['--without', 'catalog']],
  [['--cassandra-address', '10.0.0.1']],
  [['restart']],
  [['status', 'now']],
])('%p makes no sense', (args) => {
  expect(parseStack(args, {})).toBeNull()
})

test('an option that there is not is named', () => {
  expect(() => parseStack(['--grafana'], {})).toThrow('--grafana')
})
