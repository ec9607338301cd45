/** Everything below `/profiles/`: the list, flame graphs and raw profiles, two compared, and speedscope. */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Inbound } from '../../core/http/engine/engine.ts'
import { problem } from '../../core/http/problem.ts'
import { Reply } from '../../core/http/reply.ts'
import { differentialPage, type Profiled } from '../../core/profiling/flame-graph/page.ts'
import { openProfileFolder, type ProfileFolder } from '../../core/profiling/folder.ts'
import { partOf } from '../../core/profiling/profiler.ts'
import { serviceNames, type ServiceName } from '../../core/values/service-name.ts'
import { openFolder } from './files.ts'
import { profileList } from './profiles/list.ts'
import { capturedPolicy, ownHeaders, pagePolicy } from './security.ts'

/** The answer for a path below the page's own address; null where there is nothing. */
export type ProfilePages = (below: string, inbound: Inbound) => Promise<Reply | null>

/** Its styles are made by its script, one importer is WebAssembly; it asks for nothing but the profile. */
const speedscopePolicy =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const speedscope = join(
  dirname(createRequire(import.meta.url).resolve('speedscope/package.json')),
  'dist/release',
)

/** `root` holds a folder for each service, made by the services, and whatever else is put there. */
export function openProfiles(root: string): ProfilePages {
  const files = openFolder(root, capturedPolicy)
  const speedscopeFiles = openFolder(speedscope, speedscopePolicy)
  const folders = Object.fromEntries(
    serviceNames.map((name) => [name, openProfileFolder(join(root, name))]),
    // fromEntries forgets the names, which are all of them.
  ) as Record<ServiceName, ProfileFolder>

  async function list(): Promise<Reply> {
    const services = await Promise.all(
      serviceNames.map(async (service) => ({ service, profiles: await folders[service].list() })),
    )
    return html(profileList(services, await files.list()), pagePolicy)
  }

  async function compare({ query }: Inbound): Promise<Reply> {
    const asked = new URLSearchParams(query)
    const [before, after] = await Promise.all([
      profiled(asked.get('before')),
      profiled(asked.get('after')),
    ])
    if (before === null || after === null) {
      const reason = 'Choose one profile as "before" and one as "after"'
      throw problem('bad_request', { values: { reason } })
    }
    return html(differentialPage(before, after), capturedPolicy)
  }

  /** `name` as the list gives it: `order/20261125T204931123Z-create_order.cpuprofile`. */
  async function profiled(name: string | null): Promise<Profiled | null> {
    const [folder, file = ''] = (name ?? '').split('/')
    const service = serviceNames.find((each) => each === folder)
    const found = service === undefined ? null : await folders[service].read(file)
    if (service === undefined || found === null) return null
    const { notes, profile } = found
    const { all, cut } = partOf(profile, notes.operation, [notes.operation])
    return { service, notes, all, cut }
  }

  return async (below, inbound) => {
    if (below === '') return list()
    if (below === 'compare') return compare(inbound)
    const unchangedSince = inbound.header('if-none-match')
    const [, tool] = /^speedscope\/(.*)$/s.exec(below) ?? []
    return tool === undefined
      ? files.file(below, unchangedSince)
      : speedscopeFiles.file(tool === '' ? 'index.html' : tool, unchangedSince)
  }
}

const html = (page: string, policy: string): Reply =>
  new Reply(
    200,
    {
      ...ownHeaders,
      'content-security-policy': policy,
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
    },
    page,
  )
