/** Puts a run into the documentation: tables between the markers, the plot beside it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../macro/processes.ts'
import { plotOf } from './plot.ts'
import { resultsFolder, type EngineResults, type Results } from './results.ts'
import { saturationTable, tablesOf, whereAndHow } from './tables.ts'

const page = join(root, 'docs/benchmarks.md')
const plot = join(root, 'docs/benchmarks.svg')
const begin = '<!-- results: written by npm run bench -->'
const end = '<!-- end of results -->'
const beginEngines = '<!-- engines: written by npm run bench -- --engines -->'
const endEngines = '<!-- end of engines -->'

/** Keeps the raw rounds; returns the file's path from the root. */
export const keepResults = (results: Results): string =>
  keep(results.quick ? 'quick' : '.', results)

function keep(folder: string, results: EngineResults): string {
  const time = results.machine.time.slice(0, 19).replaceAll(':', '')
  const name = join(folder, `${time}-${results.machine.commit}.json`)
  mkdirSync(join(resultsFolder, folder), { recursive: true })
  writeFileSync(join(resultsFolder, name), `${JSON.stringify(rounded(results))}\n`)
  format(join(resultsFolder, name))
  return join('bench/results', name)
}

/** Six digits are more than any of them is worth. */
const rounded = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_key, each: unknown) =>
      typeof each === 'number' && !Number.isInteger(each) ? Number(each.toPrecision(6)) : each,
    ),
  )

export function writeDocument(results: Results, raw: string): void {
  replaceBetween(begin, end, [
    tablesOf(results),
    '### Plot',
    '![Requests a second by variant](benchmarks.svg)',
    rawLine(raw),
  ])
  writeFileSync(plot, plotOf(results))
}

/** Keeps the raw rounds of the engines as well, in a folder of their own. */
export function writeEngines(results: EngineResults): void {
  const raw = keep('engines', results)
  replaceBetween(beginEngines, endEngines, [
    `${whereAndHow(results)}.`,
    saturationTable(results),
    rawLine(raw),
  ])
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

/** As `npm run check` wants it. */
function format(file: string): void {
  Bun.spawnSync([process.execPath, 'fmt', '--no-script', file], { cwd: root })
}
