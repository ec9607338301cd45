/** Takes profiles of the process it runs in, one at a time, and keeps them in its folder. */
import type { Logger } from '../logging/logger.ts'
import type { ServiceName } from '../values/service-name.ts'
import type { Clock } from '../values/time.ts'
import { callTreeOf, totalOf, type CallNode } from './call-tree.ts'
import type { CpuProfile } from './cpu-profile.ts'
import { cutTo } from './cut.ts'
import { flameGraphPage } from './flame-graph/page.ts'
import { profileFileOf, type ProfileFolder, type ProfileNotes } from './folder.ts'
import type { LoadMeter } from './load.ts'
import { startSampling, type Sampling } from './sampler.ts'

/** The name under which a profile of no single operation is kept. */
export const wholeProcess = 'all'

export interface Running {
  readonly file: string
  readonly operation: string
  readonly seconds: number
  readonly startedAt: Date
  readonly endsAt: Date
}

export interface Profiler {
  /** Null while none is being taken. */
  running(): Running | null
  /** Samples for some seconds; what comes of it lies in the folder afterwards. Throws when one runs. */
  start(operation: string, seconds: number): Promise<Running>
}

export interface ProfilerOptions {
  readonly service: ServiceName
  readonly folder: ProfileFolder
  /** Profiles kept of each operation. */
  readonly keep: number
  /** Every operation of the service. */
  readonly operations: readonly string[]
  /** Null leaves the load out. */
  readonly meter: LoadMeter | null
  readonly clock: Clock
  readonly log: Logger
}

/** The calls of a profile, and those of its operation. */
export function partOf(
  profile: CpuProfile,
  operation: string,
  operations: readonly string[],
): { readonly all: CallNode; readonly cut: CallNode; readonly shared: number } {
  const all = callTreeOf(profile)
  if (operation === wholeProcess) return { all, cut: all, shared: 0 }
  const { tree, shared } = cutTo(all, operation, operations)
  return { all, cut: tree, shared }
}

export function createProfiler(options: ProfilerOptions): Profiler {
  const { service, folder, keep, operations, meter, clock, log } = options
  let running: Running | null = null

  async function finish(sampling: Sampling, of: Running): Promise<void> {
    const load = meter?.stop() ?? null
    const profile = await sampling.stop()
    const { operation, file } = of
    const { all, cut, shared } = partOf(profile, operation, operations)
    const notes: ProfileNotes = {
      file,
      operation,
      started_at: of.startedAt.toISOString(),
      seconds: of.seconds,
      samples: totalOf(all),
      operation_samples: totalOf(cut),
      shared_samples: shared,
      load,
    }
    const page = flameGraphPage({ service, notes, all, cut })
    await folder.write({ notes, profile, page }, keep)
    log.info({ file, samples: notes.samples }, 'profile written')
  }

  return {
    running: () => running,
    async start(operation, seconds) {
      if (running !== null) throw new Error('A profile is being taken already.')
      const startedAt = clock.now()
      const started: Running = {
        file: profileFileOf(new Date(startedAt), operation),
        operation,
        seconds,
        startedAt: new Date(startedAt),
        endsAt: new Date(startedAt + seconds * 1000),
      }
      // Taken before the first wait, so that a second request finds it taken.
      running = started
      let sampling: Sampling
      try {
        sampling = await startSampling()
      } catch (error) {
        running = null
        throw error
      }
      meter?.start(operation === wholeProcess ? null : operation)
      setTimeout(() => {
        finish(sampling, started)
          .catch((error: unknown) => log.error({ err: error }, 'profile failed'))
          .finally(() => {
            running = null
          })
      }, seconds * 1000).unref()
      return started
    },
  }
}
