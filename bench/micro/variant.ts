/** Measures one variant in a process of its own: `bun variant.ts <file> <variant> <milliseconds>`. */
import { Bench } from 'tinybench'
import type { Suite } from './suite.ts'

/** What the process prints, by suite; nanoseconds an operation, median of its calls. */
export type Measured = Readonly<Record<string, number>>

const [file = '', variant = '', time = ''] = process.argv.slice(2)
const module = (await import(file)) as {
  readonly default?: Suite
  readonly suites?: Readonly<Record<string, Suite>>
}
// A file with one suite, or one with several by name.
const suites = module.suites ?? { '': module.default as Suite }

const measured: Record<string, number> = {}
for (const [name, suite] of Object.entries(suites)) {
  const prepare = suite.variants[variant]
  if (prepare === undefined) continue
  const bench = new Bench({
    time: Number(time),
    warmupTime: Number(time) / 4,
    // The slowest baseline takes a tenth of a second a call; tinybench would make 80 of them.
    iterations: 5,
    warmupIterations: 1,
    throws: true,
  })
  bench.add(variant, (await prepare()) as () => void)
  const [task] = await bench.run()
  if (task?.result.state !== 'completed') throw new Error(`${variant} was not measured.`)
  measured[name] = (task.result.latency.p50 * 1e6) / suite.batch
}
process.stdout.write(JSON.stringify(measured))
