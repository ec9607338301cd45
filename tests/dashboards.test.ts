/** Grafana's dashboards: sound in themselves, whole in what they show, and full when the shop is used. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { targets } from '../infra/prometheus/targets.ts'
import { which } from '../scripts/programs.ts'
import { jaegerVersion } from '../scripts/stack/jaeger.ts'
import { asSent, dashboards, lackingData, panelQueries, queriesOf } from './support/dashboards.ts'
import { documentedMetrics } from './support/documented-metrics.ts'
import { patience, stackPrograms, testStack } from './support/stack.ts'
import { tellStory } from './support/story.ts'
import { testsNeed } from './support/tools.ts'

setDefaultTimeout(240_000)

const read = (path: string): string => readFileSync(join(import.meta.dir, '..', path), 'utf8')

/** What is measured and neither shown nor alerted on, each with the reason. */
const shownNowhere: Readonly<Record<string, string>> = {
  nodejs_version_info: 'the same for as long as a release runs; asked for by hand',
  process_virtual_memory_bytes:
    'address space that the runtime reserves; says nothing of memory in use',
  service_info: 'for joins by hand; the job label tells services apart',
}

test('there are seven dashboards', () => {
  expect(dashboards.map(({ title }) => title).sort()).toEqual([
    'Cart',
    'Cassandra Overview',
    'Catalog / Backend',
    'Jaeger',
    'Nginx',
    'Order',
    'User',
  ])
})

describe.each(dashboards.map((each) => [each.title, each] as const))('%s', (_, dashboard) => {
  const panels = dashboard.panels.filter(({ type }) => type !== 'row')
  test('has panels with a name of their own, a unit and a query each', () => {
    const titles = panels.map(({ title }) => title)
    expect(titles.filter((title, index) => titles.indexOf(title) !== index)).toEqual([])
    for (const { title, fieldConfig, targets: asked = [] } of panels) {
      expect([title, fieldConfig?.defaults.unit]).toEqual([title, expect.any(String)])
      expect([title, asked.length > 0]).toEqual([title, true])
    }
  })
  test('lays no panel over another', () => {
    const taken = new Map<string, string>()
    for (const { title, gridPos } of dashboard.panels) {
      expect([title, gridPos.x + gridPos.w <= 24]).toEqual([title, true])
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect([title, taken.get(`${x},${y}`)]).toEqual([title, undefined])
          taken.set(`${x},${y}`, title)
        }
      }
    }
  })
  test('asks sources that Grafana is given', () => {
    const given = Bun.YAML.parse(
      read('infra/grafana/provisioning/datasources/datasources.yml'),
    ) as { readonly datasources: readonly { readonly uid: string }[] }
    const known = new Set(given.datasources.map(({ uid }) => uid))
    const asked = panels.flatMap(({ targets: each = [] }) =>
      each.map(({ datasource }) => datasource.uid),
    )
    expect([...new Set(asked)].filter((uid) => !known.has(uid))).toEqual([])
  })
  test('compares variables by =~ alone, and knows all that it names', () => {
    const known = new Set(dashboard.templating.list.map(({ name }) => name))
    const named = new Set<string>()
    for (const { name, expr } of queriesOf(dashboard.uid)) {
      for (const [, before = '', variable = ''] of expr.matchAll(/(.{0,3})\$(?!__)(\w+)/g)) {
        expect([name, before]).toEqual([name, '=~"'])
        named.add(variable)
      }
    }
    expect([...named].sort()).toEqual([...known].sort())
    for (const { allValue } of dashboard.templating.list) expect(allValue).toBe('.*')
  })
  test('leads to the profiles', () => {
    expect(dashboard.links.find(({ title }) => title === 'Profiles')?.url).toEndWith('/profiles/')
  })
})

describe.each(['catalog', 'cart', 'order', 'user'])('the dashboard of %s', (service) => {
  const dashboard = dashboards.find(({ uid }) => uid === service)
  test('turns red at the targets', () => {
    const red = (title: string) =>
      dashboard?.panels
        .find((panel) => panel.title === title)
        ?.fieldConfig?.defaults.thresholds?.steps.find(({ color }) => color === 'red')?.value
    expect(['p99', 'p99 by route'].map(red)).toEqual([targets.p99, targets.p99])
    expect(['p95', 'p95 by route'].map(red)).toEqual([targets.p95, targets.p95])
    expect(red('p99 by statement')).toBe(targets.store)
    expect(red('Failed')).toBe(targets.errors)
  })
  test('leads from its latencies and its links to traces', () => {
    const asked = dashboard?.panels.find(({ title }) => title === 'p99 by route')?.targets ?? []
    expect(asked.map(({ exemplar }) => exemplar)).toEqual([true])
    const url = dashboard?.links.find(({ title }) => title === 'Traces')?.url ?? ''
    const panes = new URL(url, 'http://localhost').searchParams.get('panes') ?? ''
    expect(JSON.parse(panes)).toMatchObject({
      traces: { datasource: 'jaeger', queries: [{ queryType: 'search', service }] },
    })
  })
})

test('every metric is on a panel or in an alert, or there is a reason why not', () => {
  interface Rules {
    readonly groups: readonly {
      readonly rules: readonly { readonly record?: string; readonly expr: string }[]
    }[]
  }
  const rulesOf = (name: string) =>
    (Bun.YAML.parse(read(`infra/prometheus/${name}.rules.yml`)) as Rules).groups.flatMap(
      ({ rules }) => rules,
    )
  const asked = [...panelQueries, ...rulesOf('alerts')].map(({ expr }) => expr)
  const recorded = rulesOf('recording').filter(({ record = '' }) =>
    asked.some((expr) => expr.includes(record)),
  )
  const text = [...asked, ...recorded.map(({ expr }) => expr)].join('\n')
  const names = [...documentedMetrics().values()].flat().map((row) => row.split(' ')[0] ?? '')
  const unused = names.filter(
    (name) => !new RegExp(`\\b${name}(_bucket|_sum|_count)?\\b`).test(text),
  )
  expect([...new Set(unused)].sort()).toEqual(Object.keys(shownNowhere).sort())
})

const jaegerPage = read(`tests/support/jaeger-${jaegerVersion}.metrics.txt`)
const onJaegerPage = new Set(
  jaegerPage.split('\n').flatMap((line) => /^([a-z]\w+) \w+$/.exec(line)?.[1] ?? []),
)

test(`Jaeger's panels ask for metrics that Jaeger ${jaegerVersion} had on its page when that was recorded`, () => {
  const names = queriesOf('jaeger').flatMap(({ name, expr }) =>
    [...expr.matchAll(/\b((?:jaeger|go|process)_\w+)\{/g)].map(([, metric = '']) => ({
      name,
      metric: metric.replace(/_(bucket|sum|count)$/, ''),
    })),
  )
  expect(names.length).toBeGreaterThan(15)
  expect(names.filter(({ metric }) => !onJaegerPage.has(metric))).toEqual([])
})

/** Found, or built by scripts/tools.ts as CI does; a build takes minutes, so none is made for a test. */
const hasJaeger =
  process.env['CI'] === 'true' ||
  Boolean(process.env['JAEGER_BIN'] || which('jaeger-all-in-one')) ||
  existsSync(join(import.meta.dir, `../data/cache/jaeger-${jaegerVersion}`))
if (!hasJaeger) {
  console.warn('No Jaeger: its panels are held against the names of a recorded page alone.')
}

const able = testsNeed(...stackPrograms)

describe.skipIf(!able)('while customers buy, every panel shows something:', async () => {
  if (!able) return
  const left = hasJaeger ? 'locust' : 'jaeger,locust'
  const stack = await testStack(['--fast', '--without', left])
  afterAll(stack.stop)
  const gateway = `http://127.0.0.1:${stack.portOf('nginx')}`
  const prometheus = `http://127.0.0.1:${stack.portOf('prometheus')}`
  const span = { window: '2m', patience }

  beforeAll(async () => {
    await stack.up()
    // What happens before the first scrape is no rate.
    while ((await stack.scraped()).length < 8) await Bun.sleep(100)
    for (let round = 0; round < 5; round += 1) await tellStory(gateway, 4)
  })

  test.each(['catalog', 'cart', 'order', 'user', 'nginx'])('%s', async (board) => {
    expect(queriesOf(board).length).toBeGreaterThan(10)
    expect(await lackingData(prometheus, queriesOf(board), span)).toEqual([])
  })

  test('and one that shows nothing is named', async () => {
    const planted = { name: 'cart: planted [A]', board: 'cart', expr: 'no_such_metric{a=~"$b"}' }
    const found = await lackingData(prometheus, [planted], { ...span, patience: 0 })
    expect(found).toEqual(['cart: planted [A]: no series'])
  })
  test('and the pages that dashboards link to are there', async () => {
    const pages = dashboards.flatMap(({ links }) => links.map(({ url = '' }) => url))
    const shop = [...new Set(pages)].filter((url) => url.startsWith('http://localhost/'))
    expect(shop.length).toBeGreaterThan(1)
    for (const url of shop) {
      const { status } = await fetch(url.replace('http://localhost', gateway))
      expect([url, status]).toEqual([url, 200])
    }
  })

  describe.skipIf(!hasJaeger)('with Jaeger', () => {
    test('jaeger', async () => {
      const traces = `${gateway}/jaeger/api/traces?service=cart`
      expect((await fetch(traces)).status).toBe(200)
      expect(await lackingData(prometheus, queriesOf('jaeger'), span)).toEqual([])
    })
    test('the names on its page are those that were recorded', async () => {
      const page = await (
        await fetch(`http://127.0.0.1:${stack.portOf('jaegerMetrics')}/metrics`)
      ).text()
      const missing = [...onJaegerPage].filter((name) => !page.includes(`# TYPE ${name} `))
      expect(missing).toEqual([])
    })
    test('the dots on a latency panel lead to a trace that Jaeger has', async () => {
      const [query] = queriesOf('cart').filter(({ name }) => name.includes('p99 by route'))
      const answer = await fetch(`${prometheus}/api/v1/query_exemplars`, {
        method: 'POST',
        body: new URLSearchParams({
          query: asSent(query?.expr ?? '', '2m'),
          start: String(Date.now() / 1000 - 600),
          end: String(Date.now() / 1000 + 60),
        }),
      })
      // The shape that Prometheus's API documents.
      const { data } = (await answer.json()) as {
        readonly data: readonly {
          readonly exemplars: readonly { readonly labels: { readonly trace_id: string } }[]
        }[]
      }
      const ids = data.flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels.trace_id))
      expect(ids.length).toBeGreaterThan(0)
      const found = await fetch(`${gateway}/jaeger/api/traces/${ids[0]}`)
      expect(found.status).toBe(200)
    })
  })
})
