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
import { composeProfiles, stores } from './topology.ts'

/** Paths from the project's root. */
export function infraFiles(): readonly FileText[] {
  const below = (folder: string, files: readonly FileText[]): readonly FileText[] =>
    files.map(({ path, text }) => ({ path: `infra/${folder}/${path}`, text }))
  return [
    ...composeFiles(),
    ...below('prometheus', prometheus()),
    ...below('alertmanager', alertmanagerFiles(composePlace.alertmanager, timesAt(1))),
    ...below('grafana/provisioning', provisioningFiles),
    ...below('grafana/dashboards', dashboardFiles),
    ...below('nginx', composeProfiles.flatMap(nginx)),
  ]
}

/** A container mounts the file that its PROFILE names: `nginx.demo.conf`. */
const nginx = (profile: (typeof composeProfiles)[number]): readonly FileText[] =>
  nginxFiles(composePlace.nginx(profile)).map((file) => named(file, profile))

/** One configuration for each PROFILE and STORE, `prometheus.demo.sqlite.yml`, and the rules once. */
function prometheus(): readonly FileText[] {
  const files = composeProfiles.flatMap((profile) =>
    stores.flatMap((store) =>
      prometheusFiles(composePlace.prometheus(profile, store)).map((file) =>
        file.path === 'prometheus.yml' ? named(file, `${profile}.${store}`) : file,
      ),
    ),
  )
  return [...new Map(files.map((file) => [file.path, file])).values()]
}

const named = ({ path, text }: FileText, variant: string): FileText => ({
  path: path.replace(/\.\w+$/, `.${variant}$&`),
  text,
})
