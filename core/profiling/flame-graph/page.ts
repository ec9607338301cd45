/** The flame graph as one page that needs nothing beside itself: data, style and script are in it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ServiceName } from '../../values/service-name.ts'
import { escapedHtml } from '../../http/html.ts'
import type { CallNode } from '../call-tree.ts'
import type { ProfileNotes } from '../folder.ts'
import { shownLoad } from '../load.ts'
import { graphDataOf, type GraphData } from './graph.ts'

const own = (name: string): string => readFileSync(join(import.meta.dirname, name), 'utf8')
const style = own('page.css')
const script = own('page.js')

export interface Profiled {
  readonly service: ServiceName
  readonly notes: ProfileNotes
  readonly all: CallNode
  /** The part of it that belongs to the operation. */
  readonly cut: CallNode
}

export const flameGraphPage = ({ service, notes, all, cut }: Profiled): string =>
  page({
    title: `${notes.operation} of ${service}`,
    facts: [factsOf(notes)],
    data: graphDataOf(
      all === cut
        ? [{ label: 'Whole process', tree: all }]
        : [
            { label: notes.operation, tree: cut },
            { label: 'Whole process', tree: all },
          ],
    ),
  })

/** The second profile, colored by what has changed since the first. */
export const differentialPage = (before: Profiled, after: Profiled): string =>
  page({
    title:
      titleOf(before) === titleOf(after)
        ? `${titleOf(after)}, before and after`
        : `${titleOf(after)} against ${titleOf(before)}`,
    facts: [
      [['Before', titleOf(before)], ...factsOf(before.notes)],
      [['After', titleOf(after)], ...factsOf(after.notes)],
    ],
    data: graphDataOf([
      { label: 'Operation', tree: after.cut, before: before.cut },
      { label: 'Whole process', tree: after.all, before: before.all },
    ]),
  })

const titleOf = ({ service, notes }: Profiled): string => `${notes.operation} of ${service}`

const whenOf = ({ started_at, seconds }: ProfileNotes): string =>
  `${started_at.slice(0, 19).replace('T', ' ')} UTC, ${seconds} s`

type Fact = readonly [name: string, value: string]

function factsOf(notes: ProfileNotes): readonly Fact[] {
  const { load, samples, operation_samples, shared_samples } = notes
  const { rate, p50, p99, cpu } = shownLoad(load)
  const shared = shared_samples === 0 ? '' : `, ${shared_samples} of them perhaps for others`
  return [
    ['Taken', whenOf(notes)],
    ['Samples', `${operation_samples}${shared}; ${samples} in the whole process`],
    ['Load', rate],
    ['p50', p50],
    ['p99', p99],
    ['CPU, of one core', cpu],
  ]
}

const factList = (facts: readonly Fact[]): string =>
  `<dl>${facts
    .map(
      ([name, value]) => `<div><dt>${escapedHtml(name)}</dt><dd>${escapedHtml(value)}</dd></div>`,
    )
    .join('')}</dl>`

interface Page {
  readonly title: string
  /** One line for each profile. */
  readonly facts: readonly (readonly Fact[])[]
  readonly data: GraphData
}

function page({ title, facts, data }: Page): string {
  // In a script element only `</script` and `<!--` mean anything, and both begin with this sign.
  const json = JSON.stringify(data).replaceAll('<', '\\u003c')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${escapedHtml(title)} · Product Store</title>
<style>${style}</style>
</head>
<body>
<header>
<p><a href="/profiles/">All profiles</a></p>
<h1>${escapedHtml(title)}</h1>
${facts.map(factList).join('')}
</header>
<main>
<form role="search" class="tools">
<span id="views" role="group" aria-label="What is shown"></span>
<span id="sides" role="group" aria-label="Whose widths" hidden></span>
<button type="button" id="inverted" aria-pressed="false" title="Callers below each function">Inverted</button>
<label>Search <input type="search" id="search" autocomplete="off" spellcheck="false" placeholder="function or file"></label>
<button type="button" id="zoom-out" disabled>Reset zoom</button>
<output id="share" for="search"></output>
</form>
<div id="graph" role="tree" aria-label="Flame graph; arrow keys move, Enter zooms, Escape resets"></div>
<p id="detail" role="status"></p>
<p id="legend"></p>
<table>
<caption>Functions by time</caption>
<thead></thead>
<tbody></tbody>
</table>
</main>
<script type="application/json" id="data">${json}</script>
<script type="module">${script}</script>
</body>
</html>
`
}
