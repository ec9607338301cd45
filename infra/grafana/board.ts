/** Puts rows of panels together to a dashboard, with its variables and its links. */
import {
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard'
import type { FileText } from '../generated.ts'
import type { Panel } from './panels.ts'
import { datasources } from './provisioning.ts'

export interface Row {
  readonly title: string
  readonly panels: readonly Panel[]
}

export interface Board {
  /** Name of its file and of its address in Grafana. */
  readonly name: string
  readonly title: string
  readonly description: string
  /** What may be chosen, by name: the query of its values. All of it unless somebody chooses. */
  readonly variables: Readonly<Record<string, string>>
  /** The service, as Jaeger knows it; null where nothing leaves spans. */
  readonly tracesOf: string | null
  readonly rows: readonly Row[]
}

/** Where the pages of the shop are, as a browser sees them beside Grafana. */
const shop = 'http://localhost'
const tag = 'product-store'
const width = 24

export function boardFile(board: Board): FileText {
  const dashboard = new DashboardBuilder(board.title)
    .uid(board.name)
    .description(board.description)
    .tags([tag])
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: 'now-1h', to: 'now' })
    .refresh('10s')
  for (const [name, values] of Object.entries(board.variables)) {
    dashboard.withVariable(variable(name, values))
  }
  for (const link of linksOf(board)) dashboard.link(link)
  layOut(dashboard, board.rows)
  return { path: `${board.name}.json`, text: `${JSON.stringify(dashboard.build(), null, 2)}\n` }
}

/** Several may be chosen, and all are a pattern too: so queries compare with `=~` alone. */
const variable = (name: string, values: string): QueryVariableBuilder =>
  new QueryVariableBuilder(name)
    .datasource({ type: 'prometheus', uid: datasources.prometheus })
    .query({ query: values, refId: name })
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ text: 'All', value: '$__all', selected: true })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)

function linksOf({ tracesOf }: Board): readonly DashboardLinkBuilder[] {
  const to = (title: string, url: string): DashboardLinkBuilder =>
    new DashboardLinkBuilder(title).type(DashboardLinkType.Link).icon('external link').url(url)
  return [
    ...(tracesOf === null ? [] : [to('Traces', searchIn(tracesOf)).keepTime(true)]),
    to('Profiles', `${shop}/profiles/`).targetBlank(true),
    to('What to do', `${shop}/docs/runbooks/index`).targetBlank(true),
    new DashboardLinkBuilder('Dashboards')
      .type(DashboardLinkType.Dashboards)
      .tags([tag])
      .asDropdown(true)
      .keepTime(true),
  ]
}

/** Grafana's own page for a search in Jaeger. */
function searchIn(service: string): string {
  const queries = [{ refId: 'A', queryType: 'search', service, limit: 20 }]
  const range = { from: 'now-1h', to: 'now' }
  const panes = { traces: { datasource: datasources.jaeger, queries, range } }
  return `/explore?schemaVersion=1&panes=${encodeURIComponent(JSON.stringify(panes))}`
}

/** From left to right, and on a line of its own what does not fit any more. */
function layOut(dashboard: DashboardBuilder, rows: readonly Row[]): void {
  let id = 0
  let y = 0
  for (const { title, panels } of rows) {
    dashboard.withRow(new RowBuilder(title).id(++id).gridPos({ x: 0, y, w: width, h: 1 }))
    y += 1
    let x = 0
    let height = 0
    for (const panel of panels) {
      const { w, h } = panel.build().gridPos ?? { w: width, h: 8 }
      if (x + w > width) {
        x = 0
        y += height
        height = 0
      }
      dashboard.withPanel(panel.id(++id).gridPos({ x, y, w, h }))
      x += w
      height = Math.max(height, h)
    }
    y += height
  }
}
