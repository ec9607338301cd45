/** The files of a Prometheus: its configuration and its rules, for one place and one pace. */
import { generated, type FileText } from '../generated.ts'
import { alertRules } from './alerts/alert.ts'
import { alertGroups } from './alerts/groups.ts'
import { prometheusConfig, type ScrapePlace } from './config.ts'
import { recordingRules } from './recording.ts'
import { timesAt } from './times.ts'

export interface PrometheusPlace extends ScrapePlace {
  /** Address of the documentation, without a slash at its end: `http://localhost/docs`. */
  readonly docs: string
  /** Factor for all times; 1 unless a test cannot wait. */
  readonly scale?: number
}

/** Names relative to the folder of `prometheus.yml`. */
export function prometheusFiles(place: PrometheusPlace): readonly FileText[] {
  const time = timesAt(place.scale ?? 1)
  return [
    generated('prometheus.yml', prometheusConfig(place, time)),
    generated('recording.rules.yml', recordingRules(time)),
    generated('alerts.rules.yml', alertRules(alertGroups(time), time, `${place.docs}/runbooks`)),
  ]
}
