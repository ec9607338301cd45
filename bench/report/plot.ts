/** The saturation of all variants as bars, with the range of the rounds as a line: one SVG without scripts. */
import { spread } from '../macro/rounds.ts'
import { count, ratesOf } from './goal.ts'
import type { KeptResults } from './results.ts'

const width = 860
const left = 330
const right = 110
const bar = 16
const gap = 6
const heading = 30

/** Colours that read on light and dark ground alike. */
const colours = { shop: '#2f80ed', peer: '#9aa5b1', text: '#808890', range: '#d9822b' } as const

export function plotOf({ saturation, machine }: KeptResults): string {
  const most = Math.max(
    ...saturation.flatMap((each) =>
      Object.keys(each.rounds).map((variant) => spread(ratesOf(each, variant)).max),
    ),
  )
  const scale = (rate: number): number => (rate / most) * (width - left - right)
  const parts: string[] = []
  let y = 10
  for (const comparison of saturation) {
    y += heading
    parts.push(text(10, y - 8, comparison.name, 'start', 'bold'))
    for (const variant of Object.keys(comparison.rounds)) {
      const { median, min, max } = spread(ratesOf(comparison, variant))
      const ours = /^(shop|signed in|anonymous)/.test(variant) || isOwn(comparison.name)
      const middle = y + bar / 2
      parts.push(
        text(left - 10, y + bar - 4, variant, 'end'),
        `<rect x="${left}" y="${y}" width="${scale(median).toFixed(1)}" height="${bar}" fill="${ours ? colours.shop : colours.peer}"/>`,
        `<line x1="${(left + scale(min)).toFixed(1)}" x2="${(left + scale(max)).toFixed(1)}" y1="${middle}" y2="${middle}" stroke="${colours.range}" stroke-width="2"/>`,
        text(left + scale(max) + 6, y + bar - 4, count(median), 'start'),
      )
      y += bar + gap
    }
  }
  const height = y + 30
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12" role="img" aria-label="Requests a second by variant">
<title>Requests a second, median of the rounds; the line is the range from the least to the most (commit ${machine.commit})</title>
${parts.join('\n')}
${text(10, height - 8, 'requests a second on one core, median; line: range of the rounds', 'start')}
</svg>
`
}

const isOwn = (name: string): boolean => name === 'calls of the earlier system'

const text = (x: number, y: number, words: string, anchor: string, weight = 'normal'): string =>
  `<text x="${x.toFixed(1)}" y="${y}" text-anchor="${anchor}" font-weight="${weight}" fill="${colours.text}">${words.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</text>`
