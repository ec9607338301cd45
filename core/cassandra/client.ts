/** The driver's client as the shop uses it: one a process, warm before it is handed out. */
import { Client, auth, errors, policies, types, type ClientOptions } from 'cassandra-driver'
import type { Logger } from '../logging/logger.ts'
import { isUnreachable } from './failure.ts'
import { createRetryPolicy } from './retries.ts'
import { createSpeculation } from './speculation.ts'
import { pause } from '../resilience/pause.ts'

export interface ClusterOptions {
  /** `address` or `address:port` of some nodes; the others are found through them. */
  readonly contactPoints: readonly string[]
  /** The data center of this process; nodes elsewhere are never asked. */
  readonly datacenter: string
  /** Null where the cluster asks for none. */
  readonly credentials: { readonly user: string; readonly password: string } | null
}

/** Milliseconds until a connection must stand, and between two attempts to get a lost one back. */
const connectTimeout = 1000
const reconnectAfter = 500

export function createClient(
  cluster: ClusterOptions,
  more: Pick<ClientOptions, 'keyspace'> & {
    readonly loadBalancing?: policies.loadBalancing.LoadBalancingPolicy
  } = {},
): Client {
  const { keyspace, loadBalancing } = more
  const speculation = createSpeculation()
  return new Client({
    contactPoints: [...cluster.contactPoints],
    localDataCenter: cluster.datacenter,
    ...(keyspace !== undefined && { keyspace }),
    ...(cluster.credentials !== null && {
      authProvider: new auth.PlainTextAuthProvider(
        cluster.credentials.user,
        cluster.credentials.password,
      ),
    }),
    pooling: {
      coreConnectionsPerHost: { [types.distance.local]: 2 },
      heartBeatInterval: 2000,
      warmup: true,
    },
    socketOptions: {
      connectTimeout,
      // Connections with so many requests that timed out are given up. A node that is only slow must
      // keep them: to lose all makes an outage of it. Who hangs is known sooner: see rotation.ts.
      defunctReadTimeoutThreshold: 64,
      readTimeout: 2000,
    },
    policies: {
      ...(loadBalancing !== undefined && { loadBalancing }),
      reconnection: new policies.reconnection.ConstantReconnectionPolicy(reconnectAfter),
      retry: createRetryPolicy(),
      speculativeExecution: speculation.policy,
    },
    metrics: speculation.metrics,
    encoding: { map: Map, set: Set, useUndefinedAsUnset: true },
    monitorReporting: { enabled: false },
  })
}

/** Milliseconds between two attempts to reach a cluster that is not there yet. */
const attemptInterval = 1000

/**
 * Connects, and waits with a line in the log for as long as nobody answers: services may be started
 * before their cluster.
 *
 * @param make a fresh client for each attempt: the driver's does not connect a second time
 * @throws Error in one sentence when the data center or the credentials are wrong, which no wait mends
 */
export async function connect(
  make: () => Client,
  cluster: ClusterOptions,
  log: Logger,
): Promise<Client> {
  for (let attempt = 1; ; attempt += 1) {
    const client = make()
    try {
      await client.connect()
      return client
    } catch (error) {
      await client.shutdown().catch(() => {})
      const mistake = mistakeIn(error)
      if (mistake !== null) throw explained(mistake, cluster)
      if (attempt % 10 === 1) {
        const contactPoints = cluster.contactPoints
        log.warn({ contact_points: contactPoints }, 'waiting for Cassandra: nobody answers yet')
      }
      await pause(attemptInterval)
    }
  }
}

/** What no wait mends. The driver hides a wrong data center among the errors of the nodes it tried. */
function mistakeIn(error: unknown): unknown {
  if (!isUnreachable(error)) return error
  const inner = error instanceof errors.NoHostAvailableError ? Object.values(error.innerErrors) : []
  const isMistake = (each: unknown) =>
    each instanceof errors.AuthenticationError || each instanceof errors.ArgumentError
  return inner.find(isMistake) ?? null
}

function explained(error: unknown, { datacenter }: ClusterOptions): Error {
  const reason = error instanceof Error ? error.message : String(error)
  if (error instanceof errors.AuthenticationError) {
    return new Error('Cassandra refuses CASSANDRA_USER and its password.')
  }
  const found = /data centers: \[(.+)\]$/.exec(reason)?.[1]
  return new Error(
    found === undefined
      ? `Cassandra cannot be used: ${reason}.`
      : `CASSANDRA_DATACENTER is "${datacenter}", but the cluster has: ${found}.`,
    { cause: error },
  )
}
