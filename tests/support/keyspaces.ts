/** The keyspaces of a test shop: named after its folder, so that a second shop on it finds the data. */
import { createHash } from 'node:crypto'
import type { Client } from 'cassandra-driver'
import { createClient } from '../../core/cassandra/client.ts'
import { serviceNames } from '../../core/values/service-name.ts'

/** What an underscore and the name of a service follow. */
export const keyspacePrefix = (directory: string): string =>
  `test_${createHash('sha256').update(directory).digest('hex').slice(0, 12)}`

/** One client for each list of nodes; a test file has one or two of them. */
const clients = new Map<string, Client>()

/** A client of the cluster that the environment names. */
export function clusterClient(): Client {
  const contactPoints = process.env['CASSANDRA_CONTACT_POINTS'] ?? ''
  const known = clients.get(contactPoints)
  if (known !== undefined) return known
  const client = createClient({
    contactPoints: contactPoints.split(','),
    datacenter: 'datacenter1',
    credentials: null,
  })
  clients.set(contactPoints, client)
  return client
}

/** A table costs its node some half a megabyte of heap, so a node holds those of few shops at once. */
export async function dropKeyspaces(directory: string): Promise<void> {
  for (const service of serviceNames) {
    const drop = `DROP KEYSPACE IF EXISTS ${keyspacePrefix(directory)}_${service}`
    await clusterClient().execute(drop, [], { prepare: false, readTimeout: 30_000 })
  }
}
