/** What the pages name is in the code, and what the code has is on the pages. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'bun:test'
import { errors } from '../../core/http/errors.ts'
import { serviceNames, type ServiceName } from '../../core/values/service-name.ts'
import { alertGroups } from '../../infra/prometheus/alerts/groups.ts'
import { runbookOf } from '../../infra/prometheus/alerts/alert.ts'
import { timesAt } from '../../infra/prometheus/times.ts'
import packageJson from '../../package.json'
import { introductionOf, settingsTables } from '../../scripts/env-example.ts'
import { contractMetrics } from '../support/contract-page.ts'
import { documentedMetrics } from '../support/documented-metrics.ts'
import { allRoutes, ownRoutesOf } from '../support/route-tables.ts'
import { pageAt, pages, proseOf, root, type Page } from './pages.ts'

interface Named {
  readonly place: string
  readonly name: string
}

/** Everything between backticks in the prose of all pages that `shape` takes, once a page. */
function named(shape: RegExp, among: readonly Page[] = pages): readonly Named[] {
  return among.flatMap((page) => {
    const words = Array.from(proseOf(page).matchAll(/`([^`\n]+)`/g), ([, word = '']) => word)
    return [...new Set(words)]
      .filter((word) => shape.test(word))
      .map((name) => ({ place: page.path, name }))
  })
}

const missing = (names: readonly Named[], known: (name: string) => boolean): readonly string[] =>
  names.filter(({ name }) => !known(name)).map(({ place, name }) => `${place} names ${name}`)

/** Pages that tell of the past or of a plan, where a name may be one that is gone or yet to come. */
const ofToday = pages.filter(
  ({ path }) => !/^docs\/decisions\/|^docs\/add-an?-|future_plans/.test(path),
)

describe('metrics', () => {
  const documented = new Set([
    ...[...documentedMetrics().values()].flat().map((row) => row.split(' ')[0] ?? ''),
    // Its other name, for the other store; see tests/contract/page.test.ts.
    ...contractMetrics().map(({ name }) => name),
  ])
  const shape = /^[a-z]+(_[a-z0-9]+)*_(total|seconds|bytes|cents|entries|violations)$/

  test('that a page names are those of docs/monitoring.md', () => {
    const names = named(shape)
    expect(names.length).toBeGreaterThan(60)
    const known = (name: string): boolean => documented.has(name) || isForeign(name)
    expect(missing(names, known)).toEqual([])
  })
  test.each([...serviceNames, 'gateway'])('of %s are on its page', (name) => {
    const section =
      documentedMetrics().get(name.replace(/^./, (first) => first.toUpperCase())) ?? []
    const page = pageAt(`docs/services/${name}.md`)
    expect(section).not.toBeEmpty()
    const names = section.map((row) => row.split(' ')[0] ?? '')
    expect(names.filter((metric) => !page.text.includes(`\`${metric}\``))).toEqual([])
  })

  /** Of programs that are not ours, fields of bodies, and an option of Cassandra's tables. */
  const isForeign = (name: string): boolean =>
    /^(node|nginx|jaeger|org|jvm)_/.test(name) ||
    ['current_cart_total', 'expected_total', 'gc_grace_seconds'].includes(name)
})

describe('alerts', () => {
  const alerts = alertGroups(timesAt(1)).flatMap((group) => group.alerts)
  const index = pageAt('docs/runbooks/index.md').text

  test('stand in the index of the runbooks with their severity, and nothing else does', () => {
    const rows = Array.from(
      index.matchAll(/^\| \[(\w+)\]\(([\w-]+)\.md\) +\| (\w+) +\|$/gm),
      ([, name, page, severity]) => ({ name, page, severity }),
    )
    const wanted = alerts.map(({ name, severity }) => ({ name, page: runbookOf(name), severity }))
    expect(rows.toSorted(byName)).toEqual(wanted.toSorted(byName))
  })
  test('have a page each, and no page is of an alert that is gone', () => {
    const files = readdirSync(join(root, 'docs/runbooks')).filter((file) => file !== 'index.md')
    expect(files.sort()).toEqual(alerts.map(({ name }) => `${runbookOf(name)}.md`).sort())
  })

  const byName = (a: { readonly name?: string | undefined }, b: typeof a): number =>
    String(a.name).localeCompare(String(b.name))
})

describe('error codes', () => {
  test('that a page names beside a status are in the table, with that status', () => {
    const found = ofToday.flatMap((page) =>
      Array.from(
        page.text.matchAll(/\b([45]\d\d) `([a-z]+(?:_[a-z]+)*)`/g),
        ([, status, code]) => ({
          place: page.path,
          status: Number(status),
          code: code ?? '',
        }),
      ),
    )
    expect(found.length).toBeGreaterThan(20)
    const table: Readonly<Record<string, { readonly status: number }>> = errors
    const wrong = found.filter(({ code, status }) => table[code]?.status !== status)
    expect(wrong).toEqual([])
  })
})

describe('settings', () => {
  const page = pageAt('docs/settings.md')
  const { text: example } = { text: readFileSync(join(root, '.env.example'), 'utf8') }
  const variables = new Set(
    Array.from(example.matchAll(/^#([A-Z0-9_]+)=/gm), ([, name = '']) => name),
  )
  /** Of scripts and programs beside the shop, each with the file that reads it. */
  const others: Readonly<Record<string, string>> = {
    TELEGRAM_CHAT_ID: 'scripts/stack/telegram.ts',
    NGINX_ADDRESS: 'infra/compose/watching.ts',
    GRAFANA_PASSWORD: 'infra/compose/watching.ts',
    JAEGER_BIN: 'scripts/stack/jaeger.ts',
    SHOP_STORE: 'tests/support/shop.ts',
    SHOP_COPIES: 'tests/support/shop.ts',
    ADMIN_PASSWORD: 'scripts/profile.ts',
  }

  test('stand on their page as the processes have them', () => {
    const rows = (text: string) =>
      text.split('\n').flatMap((line) => (line.startsWith('|') ? [cells(line)] : []))
    const own = page.text.slice(introductionOf(page.text).length)
    expect(rows(own)).toEqual(rows(settingsTables()))
    expect(headings(own)).toEqual(headings(settingsTables()))
  })
  test('that a page names are there', () => {
    const names = named(/^[A-Z][A-Z0-9]*_[A-Z0-9_]+$/, ofToday)
    expect(names.length).toBeGreaterThan(50)
    expect(missing(names, (name) => variables.has(name) || name in others)).toEqual([])
  })
  test.each(Object.entries(others))('%s is read by %s', (name, file) => {
    expect(readFileSync(join(root, file), 'utf8')).toContain(name)
  })

  /** The formatter pads and draws; what counts are the words. */
  const cells = (line: string): readonly string[] =>
    line.split(/(?<!\\)\|/).map((cell) => cell.trim().replace(/^-+$/, '-'))
  const headings = (text: string) => text.match(/^## .+$/gm)
})

describe('routes', () => {
  const callOf = ({ method, path }: { readonly method: string; readonly path: string }): string =>
    `${method} ${path.replace(/:(\w+)/g, '{$1}')}`

  test.each([...serviceNames])('of %s are on its page, with their operation', (service) => {
    const rows = Array.from(
      pageAt(`docs/services/${service}.md`).text.matchAll(
        /^\| `([A-Z]+ [^`]+)` +\| [^|]+\| `(\w+)` +\|$/gm,
      ),
      ([, call, operation]) => `${call} ${operation}`,
    )
    const profiling = /\/profiling\//
    const routes = ownRoutesOf(service).filter(({ path }) => !profiling.test(path))
    expect(rows.sort()).toEqual(routes.map((each) => `${callOf(each)} ${each.operation}`).sort())
  })
  test('that a page names are there', () => {
    const known = new Set([...allRoutes, ...faultCalls].map((each) => nameless(callOf(each))))
    const names = named(/^(GET|POST|PUT|DELETE) \/[\w./{}-]*$/, ofToday)
    expect(names.length).toBeGreaterThan(80)
    expect(missing(names, (name) => known.has(nameless(name)))).toEqual([])
  })

  /** In the demo profile alone, and in no route table. */
  const faultCalls = ['GET', 'POST', 'DELETE'].map((method) => ({ method, path: '/system/faults' }))
  /** What a parameter is called is a matter of taste, and some pages have the gateway's prefix. */
  const nameless = (call: string): string =>
    call
      .replace(/ \/(\w+-)?api\//, ' /')
      .replace(/\{\w+\}/g, '{}')
      .replace(/\/$/, '')
})

describe('commands and files', () => {
  test('that a page names are there', () => {
    const scripts: Readonly<Record<string, string>> = packageJson.scripts
    const wrong = pages.flatMap(({ path, text }) =>
      Array.from(text.matchAll(/\bnpm run ([a-z-]+)/g), ([, script = '']) => script)
        .filter((script) => !Object.hasOwn(scripts, script))
        .map((script) => `${path} names npm run ${script}`),
    )
    expect(wrong).toEqual([])
  })
  test('files that a page names are there', () => {
    const shape = /^(core|services|tests|scripts|infra|bench|site|docs)\/[\w./-]+\.\w+$/
    const names = named(shape, ofToday)
    expect(names.length).toBeGreaterThan(60)
    expect(missing(names, (name) => existsSync(join(root, name)))).toEqual([])
  })
})

test('each service has its page', () => {
  const files = readdirSync(join(root, 'docs/services')).sort()
  const wanted: readonly (ServiceName | 'gateway')[] = [...serviceNames, 'gateway']
  expect(files).toEqual(wanted.map((name) => `${name}.md`).sort())
})
