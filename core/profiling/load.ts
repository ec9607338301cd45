/** What a process answered while a profile was taken: the load that the profile shows. */
import Type, { type Static } from 'typebox'
import type { Observe } from '../http/pipeline.ts'
import type { Route } from '../http/route.ts'

const Milliseconds = (examples: readonly number[]) =>
  Type.Union([Type.Number(), Type.Null()], {
    description: 'Milliseconds; null when it was not called',
    examples: [...examples],
  })

export const Load = Type.Object(
  {
    requests: Type.Integer({ description: 'Of the operation', examples: [12_400] }),
    requests_per_second: Type.Number({ description: 'Of the operation', examples: [1_240] }),
    p50_ms: Milliseconds([0.6]),
    p99_ms: Milliseconds([3.2]),
    overall_requests_per_second: Type.Number({
      description: 'Of the whole process',
      examples: [1_260],
    }),
    cpu_share: Type.Number({
      description: 'Of one core, all threads together: 1.3 is a core and a third',
      examples: [0.97],
    }),
  },
  { title: 'Load' },
)

export type Load = Static<typeof Load>

/** For people; dashes where nothing was measured. */
export function shownLoad(load: Load | null) {
  const time = (value: number | null): string => (value === null ? '–' : `${value} ms`)
  return load === null
    ? { rate: '–', p50: '–', p99: '–', cpu: '–' }
    : {
        rate: `${Math.round(load.requests_per_second)} req/s`,
        p50: time(load.p50_ms),
        p99: time(load.p99_ms),
        cpu: `${Math.round(load.cpu_share * 100)} %`,
      }
}

export interface LoadMeter {
  /** Wraps what observes a route, for as long as the process runs. */
  readonly bind: (route: Route, observe: Observe) => Observe
  /** Starts over; a null operation measures all of them as one. */
  start(operation: string | null): void
  stop(): Load
}

/** Durations that are kept; of more, a random choice of that many. */
const kept = 20_000

interface Recording {
  readonly operation: string | null
  readonly startedAt: number
  readonly cpu: NodeJS.CpuUsage
  readonly durations: Float64Array
  requests: number
  overall: number
}

export function createLoadMeter(): LoadMeter {
  let recording: Recording | null = null

  function note(to: Recording, milliseconds: number): void {
    // Reservoir sampling, algorithm R (Vitter 1985): each duration stays with the same probability.
    const index = to.requests++
    const slot = index < kept ? index : Math.floor(Math.random() * (index + 1))
    if (slot < kept) to.durations[slot] = milliseconds
  }

  return {
    bind:
      ({ operation }, observe) =>
      (status, milliseconds, request, error) => {
        // One comparison a request while nothing is measured.
        if (recording !== null) {
          recording.overall++
          if (recording.operation === null || recording.operation === operation) {
            note(recording, milliseconds)
          }
        }
        observe(status, milliseconds, request, error)
      },
    start(operation) {
      recording = {
        operation,
        startedAt: performance.now(),
        cpu: process.cpuUsage(),
        durations: new Float64Array(kept),
        requests: 0,
        overall: 0,
      }
    },
    stop() {
      if (recording === null) throw new Error('Nothing is being measured.')
      const { requests, overall, startedAt, cpu, durations } = recording
      recording = null
      const seconds = (performance.now() - startedAt) / 1000
      const { user, system } = process.cpuUsage(cpu)
      const sorted = durations.subarray(0, Math.min(requests, kept)).sort()
      return {
        requests,
        requests_per_second: rounded(requests / seconds),
        p50_ms: quantile(sorted, 0.5),
        p99_ms: quantile(sorted, 0.99),
        overall_requests_per_second: rounded(overall / seconds),
        cpu_share: rounded((user + system) / 1e6 / seconds),
      }
    },
  }
}

/** Nearest rank: the value that this share of all values does not exceed. */
function quantile(sorted: Float64Array, share: number): number | null {
  const value = sorted[Math.ceil(sorted.length * share) - 1]
  return value === undefined ? null : rounded(value)
}

/** Three digits that count: a cached page takes less than a microsecond. */
const rounded = (value: number): number => Number(value.toPrecision(3))
