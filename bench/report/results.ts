/** What a run leaves behind: all rounds as they were measured, with the machine and the commit. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CassandraResults } from '../cassandra/measure.ts'
import type { CheckoutSample } from '../macro/checkout.ts'
import type { Footprint } from '../macro/footprint.ts'
import type { Machine } from '../macro/machine.ts'
import type { MixedResult } from '../macro/mixed.ts'
import type { OverloadResult } from '../macro/overload.ts'
import { root } from '../macro/processes.ts'
import type { Comparison } from '../macro/rounds.ts'
import type { Sample } from '../macro/saturation.ts'
import type { MicroResult } from '../micro/micro.ts'

export interface Results {
  readonly machine: Machine
  readonly quick: boolean
  /** Seconds of the whole run. */
  readonly took: number
  readonly micro: readonly MicroResult[]
  readonly saturation: readonly Comparison<Sample>[]
  readonly checkouts: Comparison<CheckoutSample>
  readonly held: MixedResult
  readonly steps: readonly MixedResult[]
  readonly overload: OverloadResult
  readonly footprint: Footprint
}

/** As a file holds them: a run of an earlier day may lack a part, as it may any comparison. */
export type KeptResults = Pick<Results, 'machine' | 'quick' | 'took' | 'micro' | 'saturation'> &
  Partial<Results>

/** Of a run of the engines alone. */
export type EngineResults = Pick<Results, 'machine' | 'saturation'>

export type { CassandraResults }

/** A run's file and what it holds. */
export interface Kept<T> {
  /** From the root. */
  readonly raw: string
  readonly results: T
}

const folder = 'bench/results'

/** The newest committed run; null when there is none. */
export const latestResults = (): Kept<KeptResults> | null => latest(folder)

export const latestCassandra = (): Kept<CassandraResults> | null => latest(`${folder}/cassandra`)

/** Names begin with their time. */
function latest<T>(from: string): Kept<T> | null {
  if (!existsSync(join(root, from))) return null
  const name = readdirSync(join(root, from))
    .filter((each) => each.endsWith('.json'))
    .sort()
    .at(-1)
  if (name === undefined) return null
  const raw = `${from}/${name}`
  // Written from the same type.
  return { raw, results: JSON.parse(readFileSync(join(root, raw), 'utf8')) as T }
}

/** Keeps the raw rounds, in a folder of the kind of run; returns the file's path from the root. */
export function keep(
  results: { readonly machine: Machine },
  kind: '' | '/quick' | '/engines' | '/cassandra',
): string {
  const time = results.machine.time.slice(0, 19).replaceAll(':', '')
  const raw = `${folder}${kind}/${time}-${results.machine.commit}.json`
  mkdirSync(join(root, folder + kind), { recursive: true })
  writeFileSync(join(root, raw), `${JSON.stringify(rounded(results))}\n`)
  format(join(root, raw))
  return raw
}

/** Six digits are more than any of them is worth. */
const rounded = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_key, each: unknown) =>
      typeof each === 'number' && !Number.isInteger(each) ? Number(each.toPrecision(6)) : each,
    ),
  )

/** As `npm run check` wants it. */
export function format(file: string): void {
  Bun.spawnSync([process.execPath, 'fmt', '--no-script', file], { cwd: root })
}
