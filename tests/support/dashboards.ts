/** The committed dashboards as Grafana reads them, and their queries put to a real Prometheus. */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'

export interface PanelQuery {
  /** `cart: p99 by route [A]`, as a test that fails names it. */
  readonly name: string
  readonly board: string
  readonly expr: string
}

/** As far as the tests look into it. */
export interface Dashboard {
  readonly uid: string
  readonly title: string
  readonly links: readonly { readonly title: string; readonly url?: string }[]
  readonly templating: {
    readonly list: readonly {
      readonly name: string
      readonly allValue: string
      readonly query: { readonly query: string }
    }[]
  }
  readonly panels: readonly {
    readonly id: number
    readonly type: string
    readonly title: string
    readonly gridPos: {
      readonly x: number
      readonly y: number
      readonly w: number
      readonly h: number
    }
    readonly fieldConfig?: {
      readonly defaults: {
        readonly unit?: string
        readonly thresholds?: {
          readonly steps: readonly { readonly value: number | null; readonly color: string }[]
        }
      }
    }
    readonly targets?: readonly {
      readonly refId: string
      readonly expr: string
      readonly exemplar?: boolean
      readonly datasource: { readonly uid: string }
    }[]
  }[]
}

export const dashboards: readonly Dashboard[] = [
  ...new Bun.Glob('infra/grafana/dashboards/*.json').scanSync(),
]
  .sort()
  .map((path) => {
    const dashboard = JSON.parse(readFileSync(path, 'utf8')) as Dashboard
    if (`${dashboard.uid}.json` !== basename(path)) throw new Error(`${path} is ${dashboard.uid}.`)
    return dashboard
  })

export const panelQueries: readonly PanelQuery[] = dashboards.flatMap(({ uid, panels }) =>
  panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ refId, expr }) => ({
      name: `${uid}: ${title} [${refId}]`,
      board: uid,
      expr,
    })),
  ),
)

/** What can be chosen, as a query: `label_values(up, instance)` are the instances of `up`. */
const variableQueries: readonly PanelQuery[] = dashboards.flatMap(({ uid, templating }) =>
  templating.list.map(({ name, query: { query } }) => ({
    name: `${uid}: variable ${name}`,
    board: uid,
    expr: query.replace(/^label_values\((.+), (\w+)\)$/, 'count by ($2) ($1)'),
  })),
)

/** The query as Grafana sends it while nothing is chosen. */
export const asSent = (expr: string, window: string): string =>
  expr.replaceAll('$__rate_interval', window).replaceAll(/\$\w+/g, '.*')

/** Those that have not one number to show now, each with what came instead. */
async function withoutData(
  prometheus: string,
  queries: readonly PanelQuery[],
  window: string,
): Promise<readonly string[]> {
  const asked = queries.map(async ({ name, expr }) => {
    const answer = await fetch(`${prometheus}/api/v1/query`, {
      method: 'POST',
      body: new URLSearchParams({ query: asSent(expr, window) }),
    })
    // The shape that Prometheus's API documents.
    const { data, error } = (await answer.json()) as {
      readonly data?: { readonly result: readonly { readonly value: readonly [number, string] }[] }
      readonly error?: string
    }
    if (data === undefined) return [`${name}: ${error}`]
    if (data.result.length === 0) return [`${name}: no series`]
    const numbers = data.result.filter(({ value }) => value[1] !== 'NaN')
    return numbers.length === 0 ? [`${name}: no number`] : []
  })
  return (await Promise.all(asked)).flat()
}

/** Asks again until all have data or patience is at its end; the answer names those that have none. */
export async function lackingData(
  prometheus: string,
  queries: readonly PanelQuery[],
  { window, patience }: { readonly window: string; readonly patience: number },
): Promise<readonly string[]> {
  const end = Date.now() + patience
  for (;;) {
    const missing = await withoutData(prometheus, queries, window)
    if (missing.length === 0 || Date.now() > end) return missing
    await Bun.sleep(500)
  }
}

/** Of panels and of variables. */
export const queriesOf = (dashboard: string): readonly PanelQuery[] =>
  [...panelQueries, ...variableQueries].filter(({ board }) => board === dashboard)
