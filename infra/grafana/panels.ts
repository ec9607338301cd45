/** The two kinds of panel that all dashboards are made of: a figure, and lines over time. */
import {
  BigValueGraphMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  TooltipDisplayMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import { ThresholdsConfigBuilder, ThresholdsMode } from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as LinesBuilder } from '@grafana/grafana-foundation-sdk/timeseries'
import { datasources } from './provisioning.ts'

export type Panel = StatBuilder | LinesBuilder

/** As Grafana calls them. */
export type Unit =
  's' | 'reqps' | 'ops' | 'percentunit' | 'bytes' | 'Bps' | 'short' | 'cores' | 'currencyRUB'

export interface PanelOptions {
  readonly unit: Unit
  readonly description?: string
  /** From here on it is red. */
  readonly limit?: number
  /** Below this it is red. */
  readonly least?: number
  /** Dots that lead to traces; for durations that are read off a histogram of the shop. */
  readonly exemplars?: boolean
}

/** Expressions by their legend, in which `{{label}}` stands for the value of a label. */
export type Queries = Readonly<Record<string, string>>

/** What the rate of something is taken over: wide enough for the scrapes that there are. */
export const window = '$__rate_interval'

export const rate = (metric: string, selector: string, labels: string): string =>
  `sum by (${labels}) (rate(${metric}{${selector}}[${window}]))`

const prometheus = { type: 'prometheus', uid: datasources.prometheus } as const

/** One figure, of now. */
export function stat(title: string, expr: string, options: PanelOptions): StatBuilder {
  const panel = new StatBuilder()
    .title(title)
    .datasource(prometheus)
    .unit(options.unit)
    .span(4)
    .height(4)
    .graphMode(BigValueGraphMode.Area)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .thresholds(thresholds(options))
    .withTarget(query('A', title, expr))
  if (options.description !== undefined) panel.description(options.description)
  return panel
}

/** Lines over time, with their last and highest values in the legend. */
export function lines(title: string, queries: Queries, options: PanelOptions): LinesBuilder {
  const panel = new LinesBuilder()
    .title(title)
    .datasource(prometheus)
    .unit(options.unit)
    .min(0)
    .span(12)
    .height(8)
    .lineWidth(1)
    .fillOpacity(8)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.Table)
        .placement(LegendPlacement.Bottom)
        .showLegend(true)
        .calcs(['lastNotNull', 'max']),
    )
    .tooltip(
      new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending),
    )
    .thresholds(thresholds(options))
  if (options.limit !== undefined || options.least !== undefined) {
    panel.thresholdsStyle(
      new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed),
    )
  }
  if (options.description !== undefined) panel.description(options.description)
  for (const [index, [legend, expr]] of Object.entries(queries).entries()) {
    const target = query(String.fromCharCode(65 + index), legend, expr)
    panel.withTarget(options.exemplars === true ? target.exemplar(true) : target)
  }
  return panel
}

const query = (refId: string, legend: string, expr: string): DataqueryBuilder =>
  new DataqueryBuilder().refId(refId).datasource(prometheus).expr(expr).legendFormat(legend).range()

function thresholds({ limit, least }: PanelOptions): ThresholdsConfigBuilder {
  const steps =
    least === undefined
      ? [
          { value: null, color: 'green' },
          ...(limit === undefined ? [] : [{ value: limit, color: 'red' }]),
        ]
      : [
          { value: null, color: 'red' },
          { value: least, color: 'green' },
        ]
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps)
}
