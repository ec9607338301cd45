/** docs/outages.md with its plots: the p99 of each second of a story, and what happened when. */
import { cpus, totalmem } from 'node:os'
import { git } from '../programs.ts'

/** A line of the test's results. */
export interface Story {
  readonly name: string
  readonly moments: readonly { readonly at: number; readonly what: string }[]
  readonly calls: number
  readonly orders: number
  readonly failures: Readonly<Record<string, number>>
  /** Milliseconds by second. */
  readonly p99: {
    readonly catalog: readonly (number | null)[]
    readonly others: readonly (number | null)[]
  }
}

/** File names below docs/ with their text. */
export function pageOf(
  stories: readonly Story[],
  said: readonly string[],
): readonly (readonly [string, string])[] {
  const sections = stories.map((story) => {
    const failed = Object.entries(story.failures)
    return [
      `## ${story.name[0]?.toUpperCase()}${story.name.slice(1)}`,
      '',
      `![p99 by second](${fileOf(story)})`,
      '',
      `${story.calls} calls, ${story.orders} orders promised, all of them kept. ` +
        (failed.length === 0 ? 'No call failed.' : 'Calls that failed:'),
      ...(failed.length === 0
        ? []
        : [
            '',
            '| Call | Times | Why |',
            '| --- | ---: | --- |',
            ...failed.map(([what, n]) => `| ${what} | ${n} | ${whyOf(what)} |`),
          ]),
      '',
    ].join('\n')
  })
  const page = [
    '# Outages',
    '',
    'Three Cassandra nodes with three replicas, two copies of each service, and a load that does not ' +
      'wait for answers: 20 reads of the catalog, 4 of carts and lists, and one purchase a second ' +
      'of at least three calls. A buyer repeats his checkout with one key until it is answered. After each ' +
      'story every promised order stands once with its lines, no buyer has another, and every unit of ' +
      "stock is where the orders' states say. Written by `npm run outages`, which fails otherwise; " +
      `${machineLine()}.`,
    '',
    ...sections,
    '## Beside them',
    '',
    ...said.map((line) => `- ${line}`),
    '',
  ].join('\n')
  return [['outages.md', page], ...stories.map((story) => [fileOf(story), plotOf(story)] as const)]
}

/** What a failed call tells the one who made it, by the answer's code. */
const reasons: Readonly<Record<string, string>> = {
  service_unavailable: 'a service behind it did not answer in time, or its copies were gone',
  gateway_timeout: 'the gateway waited for its whole patience; nothing is known of a write',
  bad_gateway: 'the copy was killed while it worked on it',
  store_unavailable: 'the cluster did not answer in time, or is known to be gone',
  outcome_unknown: 'the order may stand: asked again with its key, it was found or made',
  request_in_progress: 'an earlier attempt of the same checkout was still at work',
  overloaded: 'not admitted, since those under way were slow; nothing was begun',
  'no connection': 'the gateway closed the connection before an answer',
}

/** @param failure a key of `failures`: `checkout: 503 outcome_unknown` */
export function whyOf(failure: string): string {
  const found = Object.entries(reasons).find(([code]) => failure.endsWith(code))
  if (found === undefined) throw new Error(`Nobody has explained why a call fails so: ${failure}.`)
  return found[1]
}

const fileOf = ({ name }: Story): string => `outages-${name.replaceAll(' ', '-')}.svg`

const width = 860
const height = 300
const frame = { left: 60, right: 20, top: 70, bottom: 40 } as const
/** Readable on light and dark ground alike. */
const colours = {
  catalog: '#2f80ed',
  others: '#d9822b',
  text: '#808890',
  moment: '#9aa5b1',
} as const
/** Milliseconds at the ends of the logarithmic axis. */
const least = 1
const most = 10_000

export function plotOf({ name, moments, p99 }: Story): string {
  const seconds = Math.max(p99.catalog.length, p99.others.length)
  const x = (second: number) =>
    frame.left + (second / Math.max(1, seconds)) * (width - frame.left - frame.right)
  const y = (milliseconds: number) => {
    const share = Math.log(Math.max(least, milliseconds) / least) / Math.log(most / least)
    return height - frame.bottom - Math.min(1, share) * (height - frame.top - frame.bottom)
  }
  const line = (values: readonly (number | null)[], colour: string) => {
    const points = values.flatMap((value, second) =>
      value === null ? [] : [`${x(second + 0.5).toFixed(1)},${y(value).toFixed(1)}`],
    )
    return `<polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="1.5"/>`
  }
  const grid = [1, 10, 100, 1000, 10_000].map(
    (value) =>
      `<line x1="${frame.left}" x2="${width - frame.right}" y1="${y(value)}" y2="${y(value)}" stroke="${colours.moment}" stroke-opacity="0.3"/>` +
      text(frame.left - 6, y(value) + 4, value < 1000 ? `${value} ms` : `${value / 1000} s`, 'end'),
  )
  const marks = moments.map(({ at, what }, index) => {
    const place = x(at).toFixed(1)
    // Written towards the middle, where there is room for it.
    const [gap, anchor] = x(at) < width / 2 ? [3, 'start'] : [-3, 'end']
    return (
      `<line x1="${place}" x2="${place}" y1="${frame.top - 6}" y2="${height - frame.bottom}" stroke="${colours.moment}" stroke-dasharray="3 3"/>` +
      text(Number(place) + gap, 24 + (index % 3) * 14, what, anchor)
    )
  })
  const ticks = Array.from({ length: Math.floor(seconds / 10) + 1 }, (_, tick) =>
    text(x(tick * 10), height - frame.bottom + 16, `${tick * 10} s`, 'middle'),
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="11" role="img" aria-label="99th percentile of each second: ${name}">
<title>99th percentile of each second: ${name}</title>
${[...grid, ...marks, ...ticks].join('\n')}
${line(p99.others, colours.others)}
${line(p99.catalog, colours.catalog)}
<text x="${frame.left}" y="${height - 6}" fill="${colours.catalog}">catalog reads</text>
<text x="${frame.left + 110}" y="${height - 6}" fill="${colours.others}">carts, lists, orders</text>
</svg>
`
}

const text = (x: number, y: number, words: string, anchor: string): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="${colours.text}">${words.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</text>`

function machineLine(): string {
  const memory = Math.round(totalmem() / 2 ** 30)
  return `last on ${new Date().toISOString().slice(0, 10)} at commit ${git(import.meta.dir, 'rev-parse', '--short=10', 'HEAD') || 'unknown'}, with everything, the load included, on ${cpus().length} cores and ${memory} GB`
}
