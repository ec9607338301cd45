/** Every generated file of this folder, as it is committed: for the compose file. */
import { alertmanagerFiles } from './alertmanager/files.ts'
import { composeFiles } from './compose/files.ts'
import { composePlace } from './compose/place.ts'
import type { FileText } from './generated.ts'
import { dashboardFiles } from './grafana/dashboards.ts'
import { provisioningFiles } from './grafana/provisioning.ts'
import { nginxFiles } from './nginx/files.ts'
import { prometheusFiles } from './prometheus/files.ts'
import { timesAt } from './prometheus/times.ts'

/** Paths from the project's root. */
export function infraFiles(): readonly FileText[] {
  const below = (folder: string, files: readonly FileText[]): readonly FileText[] =>
    files.map(({ path, text }) => ({ path: `infra/${folder}/${path}`, text }))
  return [
    ...composeFiles(),
    ...below('prometheus', prometheusFiles(composePlace.prometheus)),
    ...below('alertmanager', alertmanagerFiles(composePlace.alertmanager, timesAt(1))),
    ...below('grafana/provisioning', provisioningFiles),
    ...below('grafana/dashboards', dashboardFiles),
    ...below('nginx', nginxFiles(composePlace.nginx)),
  ]
}
