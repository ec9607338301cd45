/** Sends each request of a list exactly once, with autocannon: for calls that change something. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Job, JobReport } from './autocannon.ts'
import { run, type Place } from './processes.ts'

export interface SentOnce {
  /** Requests a second. */
  readonly rate: number
  /** From the first request to the last answer. */
  readonly seconds: number
  /** Share of a core that the generator used. */
  readonly generator: number
}

/** Throws when one of them was not answered 200. */
export async function sendOnce(
  directory: string,
  job: Job,
  place: Place = 'generator',
): Promise<SentOnce> {
  const file = join(directory, 'requests.json')
  writeFileSync(file, JSON.stringify(job))
  const { output, cpu } = await run(place, [
    process.execPath,
    '--no-orphans',
    join(import.meta.dir, 'autocannon.ts'),
    file,
  ])
  const { seconds, good, bad } = JSON.parse(output) as JobReport
  const sent = job.requests.length
  if (bad > 0 || good !== sent) throw new Error(`${good} of ${sent} requests were answered 200.`)
  return { rate: good / seconds, seconds, generator: cpu }
}
