/** What a round on Cassandra leaves, and how the processor time of both sides is seen. */
import { cpus } from 'node:os'
import type { Place, Started } from '../macro/processes.ts'
import type { BenchNode } from './node.ts'

/**
 * Where whoever asks runs. The node is what gets full first, and a bare loop is asked by nobody: so on
 * two cores the node has one for itself, in each variant.
 */
export const asking: Place = cpus().length > 2 ? 'generator' : 'server'

/** One round. */
export interface CassandraSample {
  /** Answers, or turns of a bare loop, a second. */
  readonly rate: number
  /** Shares of one core: what is measured, the node, and what asks. */
  readonly server: number
  readonly cluster: number
  readonly generator: number
  /** Statements of the named kind that the service sent for one answer. */
  readonly statements?: number
}

/** Processor seconds that a task took from the service and from the node. */
export async function watched<T>(
  service: Started,
  node: BenchNode,
  task: () => Promise<T>,
): Promise<{ readonly result: T; readonly server: number; readonly cluster: number }> {
  const before = { server: service.cpu(), cluster: node.cpu() }
  const result = await task()
  return {
    result,
    server: service.cpu() - before.server,
    cluster: node.cpu() - before.cluster,
  }
}

/** How often the catalog has sent a statement, as its metrics say. */
export async function statementsOf(catalogUrl: string, operation: string): Promise<number> {
  const page = await (await fetch(`${catalogUrl}/metrics`)).text()
  const line = new RegExp(
    `^cassandra_queries_total\\{[^}]*operation="${operation}"[^}]*\\} (\\S+)`,
    'm',
  )
  const value = line.exec(page)?.[1]
  if (value === undefined) throw new Error(`The catalog counts no ${operation}.`)
  return Number(value)
}
