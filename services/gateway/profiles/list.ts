/** The list of profiles as a page: by service, operation and time, with the load beside each. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { escapedHtml } from '../../../core/http/html.ts'
import { pageOf, type ProfileNotes } from '../../../core/profiling/folder.ts'
import { shownLoad } from '../../../core/profiling/load.ts'
import type { ServiceName } from '../../../core/values/service-name.ts'
import type { ListedFile } from '../files.ts'

export interface ServiceProfiles {
  readonly service: ServiceName
  /** Newest first. */
  readonly profiles: readonly ProfileNotes[]
}

const style = readFileSync(join(import.meta.dirname, 'list.css'), 'utf8')

export function profileList(
  services: readonly ServiceProfiles[],
  others: readonly ListedFile[],
): string {
  const taken = services.filter(({ profiles }) => profiles.length > 0)
  const body =
    taken.length === 0
      ? '<p>No profile has been taken yet.</p>'
      : `<form action="compare"><p class="compare"><button>Compare</button> the profile chosen as <b>before</b> with the one chosen as <b>after</b>.</p>${taken.map(sectionOf).join('')}</form>`
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>Profiles · Product Store</title>
<style>${style}</style>
<p><a href="/docs/">Documentation</a></p>
<h1>Profiles</h1>
<p>Where the services spend their time. <code>npm run profile</code> puts load on four operations and takes a profile of each; admins take one at any time with <code>POST …/profiling/start</code>, in <a href="/swagger/">Swagger</a> too.</p>
${body}
${others.length === 0 ? '' : `<h2>Other files</h2>${tableOf(otherColumns, others.map(otherRow))}`}
</html>
`
}

function sectionOf({ service, profiles }: ServiceProfiles): string {
  const byOperation = [...profiles].sort((a, b) => a.operation.localeCompare(b.operation))
  return `<h2>${service}</h2>${tableOf(
    columns,
    byOperation.map((notes) => rowOf(service, notes)),
  )}`
}

const columns = [
  'Operation',
  'Taken (UTC)',
  'Length',
  'Load',
  'p50',
  'p99',
  'CPU',
  'Samples',
  'Open',
  'Before',
  'After',
]

function rowOf(service: ServiceName, notes: ProfileNotes): readonly string[] {
  const { file, operation, started_at, seconds, load, samples, operation_samples } = notes
  const address = `${service}/${file}`
  const { rate, p50, p99, cpu } = shownLoad(load)
  const choice = (side: string): string =>
    `<input type="radio" required name="${side}" value="${escapedHtml(address)}" aria-label="${escapedHtml(`${operation} of ${service}, ${moment(started_at)}, as ${side}`)}">`
  const speedscope = `speedscope/#profileURL=${encodeURIComponent(`/profiles/${address}`)}`
  return [
    `<b>${escapedHtml(operation)}</b>`,
    moment(started_at),
    `${seconds} s`,
    rate,
    p50,
    p99,
    cpu,
    `${operation_samples} of ${samples}`,
    `<a href="${escapedHtml(`${service}/${pageOf(file)}`)}">flame graph</a> <a href="${escapedHtml(speedscope)}">speedscope</a> <a href="${escapedHtml(address)}" download>.cpuprofile</a>`,
    choice('before'),
    choice('after'),
  ]
}

const otherColumns = ['File', 'Size', 'Changed (UTC)']

const otherRow = ({ name, bytes, changedAt }: ListedFile): readonly string[] => [
  `<a href="${encodeURIComponent(name)}">${escapedHtml(name)}</a>`,
  bytes < 1024 ? `${bytes} B` : `${Math.round(bytes / 1024)} KiB`,
  moment(changedAt.toISOString()),
]

/** Cells are HTML; each has its heading with it, for screens too narrow for a table. */
function tableOf(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = headings.map((heading) => `<th scope="col">${heading}</th>`).join('')
  const body = rows.map((cells) => {
    const shown = cells.map((cell, index) => `<td data-heading="${headings[index]}">${cell}</td>`)
    return `<tr>${shown.join('')}</tr>`
  })
  return `<table><thead><tr>${head}</tr></thead><tbody>${body.join('')}</tbody></table>`
}

const moment = (rfc3339: string): string => rfc3339.slice(0, 19).replace('T', ' ')
