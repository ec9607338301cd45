/** Runs the micro benchmarks: a fresh process for each variant and round, the variants in turns. */
import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Suite } from './suite.ts'
import type { Measured } from './variant.ts'

/** Nanoseconds an operation, by variant, one for each round; the product's way first, then the naive one. */
export interface MicroResult {
  readonly name: string
  readonly mirrors: string
  readonly operation: string
  readonly rounds: Readonly<Record<string, readonly number[]>>
}

export interface MicroOptions {
  readonly rounds: number
  /** Milliseconds for each variant of each suite in each round. */
  readonly time: number
  /** Of file names; all of them unless given. */
  readonly only?: readonly string[]
  readonly onProgress: (text: string) => void
}

/** Several suites in one file share the time, as they share a process. */
const sharedTime = 0.25

export async function runMicro(options: MicroOptions): Promise<readonly MicroResult[]> {
  const results: MicroResult[] = []
  for (const file of readdirSync(import.meta.dir).filter((name) => name.endsWith('.bench.ts'))) {
    const name = basename(file, '.bench.ts')
    if (options.only?.length && !options.only.includes(name)) continue
    options.onProgress(name)
    results.push(...(await runFile(join(import.meta.dir, file), name, options)))
  }
  return results
}

async function runFile(
  file: string,
  name: string,
  { rounds, time }: MicroOptions,
): Promise<readonly MicroResult[]> {
  const { default: single, suites } = (await import(file)) as {
    readonly default?: Suite
    readonly suites?: Readonly<Record<string, Suite>>
  }
  const all = suites ?? { '': single as Suite }
  const variants = Object.keys(Object.values(all)[0]?.variants ?? {})
  const measured = new Map<string, Record<string, number[]>>(
    Object.keys(all).map((suite) => [
      suite,
      Object.fromEntries(variants.map((each) => [each, []])),
    ]),
  )
  for (let round = 0; round < rounds; round++) {
    // Every second round the other way round: who comes first must not matter.
    const order = round % 2 === 0 ? variants : variants.toReversed()
    for (const variant of order) {
      const each = await measure(file, variant, suites === undefined ? time : time * sharedTime)
      for (const [suite, nanoseconds] of Object.entries(each)) {
        measured.get(suite)?.[variant]?.push(nanoseconds)
      }
    }
  }
  return Object.entries(all).map(([suite, { mirrors, operation }]) => ({
    name: suite === '' ? name : `${name}, ${suite}`,
    mirrors,
    operation,
    rounds: measured.get(suite) ?? {},
  }))
}

async function measure(file: string, variant: string, time: number): Promise<Measured> {
  const child = Bun.spawn(
    [
      process.execPath,
      '--no-orphans',
      join(import.meta.dir, 'variant.ts'),
      file,
      variant,
      String(time),
    ],
    { stdout: 'pipe', stderr: 'pipe' },
  )
  const [output, errors] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ])
  if ((await child.exited) !== 0) throw new Error(`${basename(file)}, ${variant}: ${errors.trim()}`)
  return JSON.parse(output) as Measured
}
