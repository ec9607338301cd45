/** A page of metrics in Prometheus' text format, taken apart. */

export interface Family {
  readonly name: string
  readonly type: string
  /** Names of labels, without the bounds of buckets. */
  readonly labels: readonly string[]
  /** Lines of samples, each with its labels: `name{a="b"}`. */
  readonly series: readonly string[]
}

export interface MetricsPage {
  readonly families: ReadonlyMap<string, Family>
  /** The value of one series; undefined when there is none. */
  value(series: string): number | undefined
}

export function readMetrics(text: string): MetricsPage {
  const values = new Map<string, number>()
  const families = new Map<
    string,
    { name: string; type: string; labels: Set<string>; series: string[] }
  >()
  let current = { name: '', type: '', labels: new Set<string>(), series: [] as string[] }
  for (const line of text.split('\n')) {
    const [, name = '', type = ''] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? []
    if (name !== '') {
      current = { name, type, labels: new Set(), series: [] }
      families.set(name, current)
    }
    const [, series = '', value = ''] = /^([^#\s][^{\s]*(?:\{.*\})?) (\S+)$/.exec(line) ?? []
    if (series === '') continue
    values.set(series, Number(value))
    current.series.push(series)
    for (const [, label = ''] of series.matchAll(/[{,](\w+)="/g)) {
      if (label !== 'le') current.labels.add(label)
    }
  }
  return {
    families: new Map(
      [...families].map(([name, family]) => [
        name,
        { ...family, labels: [...family.labels].sort() },
      ]),
    ),
    value: (series) => values.get(series),
  }
}

export const scrape = async (url: string): Promise<MetricsPage> =>
  readMetrics(await (await fetch(`${url}/metrics`)).text())
