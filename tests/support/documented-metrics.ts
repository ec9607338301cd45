/** The metrics that docs/monitoring.md lists. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The rows of the document's tables, by the heading above them. */
export function documentedMetrics(): ReadonlyMap<string, readonly string[]> {
  const text = readFileSync(join(import.meta.dir, '../../docs/monitoring.md'), 'utf8')
  const sections = new Map<string, string[]>()
  let rows: string[] = []
  for (const line of text.split('\n')) {
    const [, heading = ''] = /^### (.+)$/.exec(line) ?? []
    if (heading !== '') {
      rows = []
      sections.set(heading, rows)
    }
    const [, name, type, labels = ''] =
      /^\| `(\w+)`\s*\| (counter|gauge|histogram)\s*\|([^|]*)\|/.exec(line) ?? []
    if (name === undefined) continue
    const named = [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label).sort()
    rows.push(`${name} ${type} {${named.join(',')}}`)
  }
  return sections
}
