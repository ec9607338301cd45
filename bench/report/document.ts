/** Puts a run into the documentation: tables between the markers, the plot beside it. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../macro/processes.ts'
import { cassandraPart } from './cassandra-tables.ts'
import { plotOf } from './plot.ts'
import {
  format,
  latestCassandra,
  type CassandraResults,
  type EngineResults,
  type Kept,
  type KeptResults,
} from './results.ts'
import { saturationTable, tablesOf, whereAndHow } from './tables.ts'

const page = join(root, 'docs/benchmarks.md')
const plot = join(root, 'docs/benchmarks.svg')
const begin = '<!-- results: written by npm run bench -->'
const end = '<!-- end of results -->'
const beginEngines = '<!-- engines: written by npm run bench -- --engines -->'
const endEngines = '<!-- end of engines -->'
const beginCassandra = '<!-- cassandra: written by npm run bench -- --cassandra -->'
const endCassandra = '<!-- end of cassandra -->'

/** The results of a whole run, with the Cassandra halves of its goals from theirs. */
export function writeDocument({ raw, results }: Kept<KeptResults>): void {
  replaceBetween(begin, end, [
    tablesOf(results, latestCassandra()?.results ?? null),
    '### Plot',
    '![Requests a second by variant](benchmarks.svg)',
    rawLine(raw),
  ])
  writeFileSync(plot, plotOf(results))
}

export function writeEngines({ raw, results }: Kept<EngineResults>): void {
  replaceBetween(beginEngines, endEngines, [
    `${whereAndHow(results)}.`,
    saturationTable(results),
    rawLine(raw),
  ])
}

export function writeCassandra({ raw, results }: Kept<CassandraResults>): void {
  replaceBetween(beginCassandra, endCassandra, [cassandraPart(results), rawLine(raw)])
}

const rawLine = (raw: string): string => `All rounds of this run: [\`${raw}\`](../${raw}).`

function replaceBetween(from: string, to: string, parts: readonly string[]): void {
  const text = readFileSync(page, 'utf8')
  const [start, stop] = [text.indexOf(from), text.indexOf(to)]
  if (start === -1 || stop < start) throw new Error(`${page} has lost its markers.`)
  const written = [from, ...parts, to].join('\n\n')
  writeFileSync(page, `${text.slice(0, start)}${written}${text.slice(stop + to.length)}`)
  format(page)
}
