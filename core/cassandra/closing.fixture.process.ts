/** A process of its own that opens a keyspace, uses it, closes it, and then has nothing left to do. */
import { openKeyspace } from './keyspace.ts'
import { patientTimeouts } from './keyspace.fixture.ts'
import { createLogger } from '../logging/logger.ts'

const keyspace = await openKeyspace({
  contactPoints: [process.env['CASSANDRA_TEST'] ?? ''],
  datacenter: 'datacenter1',
  credentials: null,
  service: 'test',
  keyspace: process.env['KEYSPACE'] ?? '',
  replication: 1,
  migrations: [{ version: 1, name: 'tables of the test', cql: '' }],
  log: createLogger({ service: 'test', level: 'error' }),
  timeouts: patientTimeouts,
})
await keyspace.check()
await keyspace.close()
