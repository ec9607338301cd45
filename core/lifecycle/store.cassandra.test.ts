/** The store that STORE names, opened as a service opens it, with its metrics. */
import { describe, expect, test } from 'bun:test'
import { dropKeyspace, hasCassandra } from '../cassandra/keyspace.fixture.ts'
import type { Keyspace } from '../cassandra/keyspace.ts'
import { commonSettings } from '../config/common.ts'
import { loadConfig, type Environment } from '../config/config.ts'
import { createLogger } from '../logging/logger.ts'
import { createMetrics } from '../metrics/metrics.ts'
import { createStoreMetrics } from '../metrics/store-metrics.ts'
import { systemClock } from '../values/time.ts'
import { storeOpener } from './store.ts'

const prefix = `opened_${process.pid}_${Date.now().toString(36)}`

function opener(env: Environment) {
  const metrics = createMetrics('cart')
  const config = loadConfig(commonSettings, env)
  const log = createLogger({ service: 'cart', level: 'silent' })
  const openStore = storeOpener({
    name: 'cart',
    config,
    directory: '/nowhere',
    metrics,
    observe: (system) => createStoreMetrics(metrics, system),
    log,
    clock: systemClock,
  })
  return { openStore, metrics }
}

test('is a file under SQLite, and no other is opened', async () => {
  const { openStore } = opener({})
  const cassandra = () => Promise.reject(new Error('opened'))
  expect(await openStore({ sqlite: ({ path }) => path, cassandra })).toBe('/nowhere/cart.db')
})

describe.skipIf(!hasCassandra)('under Cassandra', () => {
  const env = {
    STORE: 'cassandra',
    CASSANDRA_CONTACT_POINTS: process.env['CASSANDRA_TEST'],
    CASSANDRA_REPLICATION: '1',
    CASSANDRA_KEYSPACE_PREFIX: prefix,
  }

  test('is a keyspace of the service, every statement with its series at zero', async () => {
    const { openStore, metrics } = opener(env)
    const keyspace = await openStore({
      sqlite: (): Keyspace => {
        throw new Error('opened')
      },
      async cassandra(open) {
        const opened = await open([
          { version: 1, name: 'a', cql: 'CREATE TABLE IF NOT EXISTS a (id int PRIMARY KEY)' },
        ])
        opened.read('SELECT id FROM a WHERE id = ?', 'get_a')
        await opened.prepare()
        return opened
      },
    })
    try {
      await keyspace.check()
      const text = await metrics.text()
      expect(text).toContain('cassandra_queries_total{operation="get_a"} 0\n')
      expect(text).toContain('cassandra_query_duration_seconds_count{operation="get_a"} 0\n')
      expect(text).toContain('cassandra_nodes{state="up"} 1\n')
      expect(text).toContain('cassandra_breaker_open 0\n')
      expect(text).not.toContain('sqlite')
    } finally {
      await keyspace.close()
      await dropKeyspace(`${prefix}_cart`)
    }
  }, 120_000)
})
