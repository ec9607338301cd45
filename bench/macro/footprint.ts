/** Memory under load, and the time from the start of a process to "ready" on data that is there. */
import { serviceNames, type ServiceName } from '../../core/values/service-name.ts'
import type { BenchShop } from './shop.ts'

export interface Footprint {
  /** Bytes in memory, by process, as it stands after the load. */
  readonly memory: Readonly<Record<string, number>>
  /** Milliseconds, each start. */
  readonly start: Readonly<Record<ServiceName, readonly number[]>>
}

export const memoryOf = (shop: BenchShop): Footprint['memory'] =>
  Object.fromEntries(
    Object.entries(shop.processes).map(([name, process]) => [name, process.memory()]),
  )

export async function startTimes(shop: BenchShop, rounds: number): Promise<Footprint['start']> {
  const times = { catalog: [], cart: [], order: [], user: [] } as Record<ServiceName, number[]>
  for (let round = 0; round < rounds; round++) {
    for (const name of serviceNames) times[name].push(await shop.restart(name))
  }
  return times
}
