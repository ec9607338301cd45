/** What a run leaves behind: all rounds as they were measured, with the machine and the commit. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CheckoutSample } from '../macro/checkout.ts'
import type { Footprint } from '../macro/footprint.ts'
import type { Machine } from '../macro/machine.ts'
import type { MixedResult } from '../macro/mixed.ts'
import type { OverloadResult } from '../macro/overload.ts'
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

/** Of a run of the engines alone. */
export type EngineResults = Pick<Results, 'machine' | 'saturation'>

export const resultsFolder = join(import.meta.dir, '../results')

/** The newest committed run; null when there is none. Names begin with their time. */
export function latestResults(): { readonly name: string; readonly results: Results } | null {
  const name = readdirSync(resultsFolder)
    .filter((each) => each.endsWith('.json'))
    .sort()
    .at(-1)
  if (name === undefined) return null
  return { name, results: JSON.parse(readFileSync(join(resultsFolder, name), 'utf8')) as Results }
}
