/** Samples the call stack of this very process through `node:inspector`, while it goes on serving. */
import { Session } from 'node:inspector/promises'
import { dirname } from 'node:path'
import { cpuProfileOf, withIdleTime, withRelativePaths, type CpuProfile } from './cpu-profile.ts'

export interface Sampling {
  /** Ends it; the profile names files by their path in the project. */
  stop(): Promise<CpuProfile>
}

/** Microseconds asked for; JavaScriptCore takes some 0.9 to 1.15 ms in code that runs all the time. */
export const samplingInterval = 500

/** Twice what lies between two samples of running code: longer gaps are no JavaScript. */
const longestSample = 2_000

const root = dirname(dirname(import.meta.dirname))

/** One at a time: the engine has a single sampler, and a second session would end the first one's. */
export async function startSampling(): Promise<Sampling> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: samplingInterval })
  await session.post('Profiler.start')
  return {
    async stop() {
      try {
        const { profile } = await session.post('Profiler.stop')
        const known = cpuProfileOf(profile)
        if (known === null) throw new Error('The engine gave a profile of an unknown form.')
        return withIdleTime(withRelativePaths(known, root), longestSample)
      } finally {
        session.disconnect()
      }
    },
  }
}
