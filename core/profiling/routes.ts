/** Profiling over HTTP, for admins alone: take a profile, list them, read what takes the time. */
import Type from 'typebox'
import { problem } from '../http/problem.ts'
import { route, tagged, type Route } from '../http/route.ts'
import { Timestamp } from '../http/schemas.ts'
import type { ServiceName } from '../values/service-name.ts'
import { placeOf, totalOf, type CallNode } from './call-tree.ts'
import { operationForm, profileFileForm, ProfileNotes, type ProfileFolder } from './folder.ts'
import { partOf, wholeProcess, type Profiler, type Running } from './profiler.ts'
import { functionTimes, topFunctions } from './stats.ts'

const profiling = {
  name: 'Profiling',
  description: 'CPU profiles of the running service, for admins',
}

/** Below what path the routes are: in the catalog where clients of the earlier system look for them. */
export const profilingPath = (service: ServiceName): `/${string}` =>
  service === 'catalog' ? '/system/profiling' : '/profiling'

const Operation = Type.String({
  maxLength: 64,
  pattern: operationForm,
  description: 'What the profile is cut to; the whole process unless given',
  examples: ['create_order'],
})

const StartQuery = Type.Object({
  seconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 60, default: 10, examples: [10] })),
  operation: Type.Optional(Operation),
})

const File = Type.String({
  maxLength: 128,
  pattern: profileFileForm,
  examples: ['20261125T204931123Z-create_order.cpuprofile'],
})

const FileParams = Type.Object({ file: File })

const StatsQuery = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 20, examples: [20] })),
})

const Started = Type.Object(
  {
    file: File,
    operation: Operation,
    seconds: Type.Integer({ examples: [10] }),
    started_at: Timestamp,
    ends_at: Timestamp,
  },
  { title: 'RunningProfile' },
)

const Status = Type.Object(
  {
    status: Type.Union([Type.Literal('idle'), Type.Literal('running')], { examples: ['idle'] }),
    profile: Type.Union([Started, Type.Null()], { examples: [null] }),
  },
  { title: 'ProfilingStatus' },
)

const FunctionSamples = Type.Object(
  {
    function: Type.String({ examples: ['reserve'] }),
    place: Type.String({
      description: 'File and line, or native',
      examples: ['services/order/stock.ts:41'],
    }),
    samples: Type.Integer({ examples: [310] }),
    share: Type.Number({ description: 'Of the samples below, 0 to 1', examples: [0.074] }),
  },
  { title: 'FunctionSamples' },
)

const Stats = Type.Object(
  {
    profile: ProfileNotes,
    by_self: Type.Array(FunctionSamples, { description: 'By the time in the function itself' }),
    by_total: Type.Array(FunctionSamples, { description: 'With what it called' }),
  },
  { title: 'ProfileStats' },
)

export interface ProfilingParts {
  readonly service: ServiceName
  readonly profiler: Profiler
  readonly folder: ProfileFolder
  /** What a profile can be cut to. */
  readonly operations: readonly string[]
}

export function profilingRoutes({
  service,
  profiler,
  folder,
  operations,
}: ProfilingParts): readonly Route[] {
  const path = profilingPath(service)
  const known = new Set([...operations, wholeProcess])
  return tagged(profiling, [
    route({
      method: 'GET',
      path: `${path}/status`,
      operation: 'get_profiling_status',
      access: 'admin',
      summary: 'Whether a profile is being taken',
      success: { status: 200, schema: Status },
      errors: [],
      handler: async function get_profiling_status() {
        const running = profiler.running()
        if (running === null) return { status: 'idle', profile: null } as const
        return { status: 'running', profile: onTheWire(running) } as const
      },
    }),
    route({
      method: 'GET',
      path: `${path}/profiles`,
      operation: 'list_profiles',
      access: 'admin',
      summary: 'Profiles taken, newest first, each with the load meanwhile',
      success: { status: 200, schema: Type.Array(ProfileNotes) },
      errors: [],
      handler: async function list_profiles() {
        return [...(await folder.list())]
      },
    }),
    route({
      method: 'GET',
      path: `${path}/profiles/:file/stats`,
      operation: 'get_profile_stats',
      access: 'admin',
      summary: 'The functions that took the time of a profile’s operation',
      params: FileParams,
      query: StatsQuery,
      success: { status: 200, schema: Stats },
      errors: ['not_found'],
      handler: async function get_profile_stats(call) {
        const found = await folder.read(call.params.file)
        if (found === null) throw problem('not_found')
        const { notes, profile } = found
        const { cut } = partOf(profile, notes.operation, operations)
        const { limit = 20 } = call.query
        return {
          profile: notes,
          by_self: top(cut, 'self', limit),
          by_total: top(cut, 'total', limit),
        }
      },
    }),
    route({
      method: 'POST',
      path: `${path}/start`,
      operation: 'start_profiling',
      access: 'admin',
      summary: 'Takes a profile while the service goes on serving',
      description:
        'The answer comes at once; the profile is there when `status` is `idle` again. One at a time in a process; of each operation the newest are kept.',
      query: StartQuery,
      success: { status: 202, schema: Started },
      errors: ['bad_request', 'profile_running'],
      handler: async function start_profiling(call) {
        const { seconds = 10, operation = wholeProcess } = call.query
        if (!known.has(operation)) {
          const reason = `This service has no operation "${operation}"`
          throw problem('bad_request', { values: { reason } })
        }
        const running = profiler.running()
        if (running !== null) {
          const left = Math.ceil((running.endsAt.getTime() - Date.now()) / 1000)
          const headers = { 'retry-after': String(Math.max(1, left)) }
          throw problem('profile_running', { headers })
        }
        return onTheWire(await profiler.start(operation, seconds))
      },
    }),
  ])
}

const onTheWire = ({ file, operation, seconds, startedAt, endsAt }: Running) => ({
  file,
  operation,
  seconds,
  started_at: startedAt.toISOString(),
  ends_at: endsAt.toISOString(),
})

function top(tree: CallNode, by: 'self' | 'total', limit: number) {
  const all = totalOf(tree)
  return topFunctions(functionTimes(tree), by, limit).map((each) => ({
    function: each.called.name,
    place: placeOf(each.called),
    samples: each[by],
    share: Math.round((each[by] / all) * 10_000) / 10_000,
  }))
}
