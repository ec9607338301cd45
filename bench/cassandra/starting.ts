/** A shop's first start on an empty cluster, its seed, and its start on what is there then. */
import { join } from 'node:path'
import { root, run } from '../macro/processes.ts'
import { startShop, type BenchShop } from '../macro/shop.ts'
import type { BenchNode } from './node.ts'

/** Seconds, one for each round. */
export interface Starting {
  /** All services and the gateway ready, their keyspaces made on the way; no products. */
  readonly first: readonly number[]
  /** `npm run seed`, the command as a whole. */
  readonly seed: readonly number[]
  /** All services and the gateway ready on the seeded keyspaces. */
  readonly again: readonly number[]
}

export const seeded = 20_000

/** A fresh set of keyspaces each round: `prefixOf` names them. */
export async function measureStarts(
  node: BenchNode,
  port: number,
  rounds: number,
  prefixOf: (round: number) => string,
  onProgress: (text: string) => void,
): Promise<Starting> {
  const times = { first: [] as number[], seed: [] as number[], again: [] as number[] }
  for (let round = 0; round < rounds; round++) {
    onProgress(`start and seed, round ${round + 1}`)
    const settings = node.settings(prefixOf(round))
    times.first.push(await startTime(port, { ...settings, DEMO_PRODUCTS: '0' }))
    times.seed.push(await seedTime(settings))
    times.again.push(await startTime(port, settings))
  }
  return times
}

async function startTime(port: number, env: Readonly<Record<string, string>>): Promise<number> {
  const begun = performance.now()
  const shop: BenchShop = await startShop(port, 'server', env, { store: 'cassandra' })
  const seconds = (performance.now() - begun) / 1_000
  await shop.stop()
  return seconds
}

async function seedTime(settings: Readonly<Record<string, string>>): Promise<number> {
  const begun = performance.now()
  const { output } = await run('server', [
    ...['env', ...Object.entries(settings).map(([name, value]) => `${name}=${value}`)],
    ...[process.execPath, '--no-orphans', join(root, 'scripts/seed.ts')],
    ...['--products', String(seeded)],
  ])
  const seconds = (performance.now() - begun) / 1_000
  if (!output.includes(`Wrote ${seeded} products`)) throw new Error(output)
  return seconds
}
