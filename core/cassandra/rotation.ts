/**
 * Who gets requests: replicas first, and a node that went silent last. The driver takes a node out by
 * itself when its connections break, but a process that is paused keeps them; its timeouts would
 * count against it, if speculative execution did not answer first and cancel them.
 */
import { policies, types, type Client, type Host } from 'cassandra-driver'
import type { Logger } from '../logging/logger.ts'

type LoadBalancing = policies.loadBalancing.LoadBalancingPolicy

export interface NodeView {
  readonly address: string
  /** `silent` is connected but does not answer, and is asked last; `down` has no connection. */
  readonly state: 'up' | 'silent' | 'down'
}

export interface Rotation {
  readonly policy: LoadBalancing
  /** Asks every node again and again whether it answers. */
  watch(client: Client): void
  /** The nodes of the data center, as they look from here. */
  nodes(client: Client): readonly NodeView[]
  stop(): void
}

/** Milliseconds between two questions to a node, and that it has for its answer: 1.3 s at worst. */
const interval = 500
const patience = 800

export function createRotation(datacenter: string, log: Logger): Rotation {
  const silent = new Set<string>()
  const policy = new policies.loadBalancing.TokenAwarePolicy(
    new policies.loadBalancing.DCAwareRoundRobinPolicy(datacenter),
  )
  let timer: ReturnType<typeof setInterval> | null = null

  const local = (client: Client): readonly Host[] =>
    client.hosts.values().filter((host) => host.datacenter === datacenter)

  async function ask(client: Client, host: Host): Promise<void> {
    try {
      await client.execute('SELECT key FROM system.local', [], {
        host,
        prepare: false,
        isIdempotent: false,
        readTimeout: patience,
        consistency: types.consistencies.one,
      })
      if (silent.delete(host.address)) log.info({ node: host.address }, 'a node answers again')
    } catch (error) {
      if (timer === null || silent.has(host.address)) return
      silent.add(host.address)
      log.warn({ node: host.address, err: error }, 'a node does not answer: it is asked last')
    }
  }

  const plan = policy.newQueryPlan.bind(policy)
  policy.newQueryPlan = (keyspace, options, callback) =>
    plan(keyspace, options, (error, iterator) =>
      callback(error, error || silent.size === 0 ? iterator : silentLast(iterator, silent)),
    )

  return {
    policy,
    watch(client) {
      timer = setInterval(() => {
        for (const host of local(client)) {
          // What the driver holds for down, it asks itself; and it is not in any plan.
          if (host.isUp()) void ask(client, host)
          else silent.delete(host.address)
        }
      }, interval)
      timer.unref()
    },
    nodes: (client) =>
      local(client).map((host) => ({
        address: host.address,
        state: !host.isUp() ? 'down' : silent.has(host.address) ? 'silent' : 'up',
      })),
    stop() {
      if (timer !== null) clearInterval(timer)
      timer = null
    },
  }
}

/** The plan in its order, but those that do not answer at its end: better a slow node than none. */
function* silentLast(plan: Iterator<Host>, silent: ReadonlySet<string>): Iterator<Host> {
  const last: Host[] = []
  for (let next = plan.next(); !next.done; next = plan.next()) {
    if (silent.has(next.value.address)) last.push(next.value)
    else yield next.value
  }
  yield* last
}
