/** Cassandra's dashboard before a real node: while statements run, every panel shows something. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Keyspace } from '../../core/cassandra/keyspace.ts'
import { commonSettings } from '../../core/config/common.ts'
import { loadConfig } from '../../core/config/config.ts'
import { storeOpener } from '../../core/lifecycle/store.ts'
import { createLogger } from '../../core/logging/logger.ts'
import { createMetrics } from '../../core/metrics/metrics.ts'
import { createStoreMetrics } from '../../core/metrics/store-metrics.ts'
import { newId } from '../../core/values/ids.ts'
import { systemClock } from '../../core/values/time.ts'
import { prometheusFiles } from '../../infra/prometheus/files.ts'
import { canRunCassandra, startCluster, type TestCluster } from '../support/cassandra.ts'
import { lackingData, queriesOf } from '../support/dashboards.ts'
import { freePorts } from '../support/ports.ts'
import { startServer, type Server } from '../support/server.ts'
import { testsNeed } from '../support/tools.ts'

const patience = 300_000
const able = canRunCassandra && testsNeed('prometheus')

describe.skipIf(!able)('a node under load', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cassandra-dashboard-'))
  let cluster: TestCluster
  let keyspace: Keyspace
  let service: Bun.Server<undefined> | null = null
  let prometheus: Server
  let url = ''
  let load: Promise<void>
  let isOver = false

  beforeAll(async () => {
    const [metricsPort = 0, port = 0] = await freePorts(2)
    cluster = await startCluster(1, 61, metricsPort)
    const [address = ''] = cluster.addresses
    const metrics = createMetrics('order')
    // The exporter tells of the shop's own tables alone.
    const openStore = storeOpener({
      name: 'order',
      config: loadConfig(commonSettings, {
        STORE: 'cassandra',
        CASSANDRA_CONTACT_POINTS: address,
        CASSANDRA_REPLICATION: '1',
      }),
      directory: folder,
      metrics,
      observe: (system) => createStoreMetrics(metrics, system),
      log: createLogger({ service: 'order', level: 'silent' }),
      clock: systemClock,
    })
    keyspace = await openStore({
      sqlite: (): Keyspace => {
        throw new Error('Not the store of this test.')
      },
      cassandra: (open) =>
        open([
          {
            version: 1,
            name: 'a',
            cql: 'CREATE TABLE IF NOT EXISTS a (id uuid PRIMARY KEY, value int)',
          },
        ]),
    })
    service = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch: async () => new Response(await metrics.text()),
    })
    const create = keyspace.conditional<[string, number]>(
      'INSERT INTO a (id, value) VALUES (?, ?) IF NOT EXISTS',
      'create',
    )
    const read = keyspace.read<[string], { value: number }>(
      'SELECT value FROM a WHERE id = ?',
      'read',
    )
    await keyspace.prepare()

    const place = {
      targets: {
        cassandra: [`${address}:${metricsPort}`],
        order: [`127.0.0.1:${service.port}`],
      },
      alertmanagers: [],
    }
    for (const file of prometheusFiles({ ...place, docs: 'http://localhost/docs', scale: 0.1 })) {
      writeFileSync(join(folder, file.path), file.text)
    }
    url = `http://127.0.0.1:${port}`
    prometheus = await startServer(
      [
        'prometheus',
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { ready: `${url}/-/ready`, logFile: join(folder, 'prometheus.log') },
    )
    const keepBusy = async (): Promise<void> => {
      while (!isOver) {
        const id = newId<string>()
        await create.run(id, 1)
        await read.get(id)
        await Bun.sleep(20)
      }
    }
    load = keepBusy()
  }, patience)

  afterAll(async () => {
    isOver = true
    await load
    await service?.stop(true)
    await keyspace?.close()
    await prometheus?.stop()
    await cluster?.remove()
    rmSync(folder, { recursive: true, force: true })
  }, patience)

  test(
    'fills every panel',
    async () => {
      const queries = queriesOf('cassandra')
      expect(queries.length).toBeGreaterThan(30)
      expect(await lackingData(url, queries, { window: '1m', patience: patience / 2 })).toEqual([])
    },
    patience,
  )
})
