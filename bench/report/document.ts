/** Puts a run into the documentation: tables between the markers, the plot beside it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../macro/processes.ts'
import { plotOf } from './plot.ts'
import { resultsFolder, type Results } from './results.ts'
import { tablesOf } from './tables.ts'

const page = join(root, 'docs/benchmarks.md')
const plot = join(root, 'docs/benchmarks.svg')
const begin = '<!-- results: written by npm run bench -->'
const end = '<!-- end of results -->'

/** Keeps the raw rounds; returns the file's path from the root. */
export function keepResults(results: Results): string {
  const folder = results.quick ? 'quick' : '.'
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
  const text = readFileSync(page, 'utf8')
  const from = text.indexOf(begin)
  const to = text.indexOf(end)
  if (from === -1 || to < from) throw new Error(`${page} has lost its markers.`)
  const written = [
    begin,
    tablesOf(results),
    '### Plot',
    '![Requests a second by variant](benchmarks.svg)',
    `All rounds of this run: [\`${raw}\`](../${raw}).`,
    end,
  ].join('\n\n')
  writeFileSync(page, `${text.slice(0, from)}${written}${text.slice(to + end.length)}`)
  writeFileSync(plot, plotOf(results))
  format(page)
}

/** As `npm run check` wants it. */
function format(file: string): void {
  Bun.spawnSync([process.execPath, 'fmt', '--no-script', file], { cwd: root })
}
