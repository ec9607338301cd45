/** Runs the bare driver loop of bench/peers/bare-driver.ts in a process of its own. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../macro/processes.ts'
import type { DriverJob, DriverReport } from '../peers/bare-driver.ts'
import type { BenchNode } from './node.ts'
import type { CassandraSample } from './sample.ts'

/** Measures itself: its start and its first second are in no figure. */
export async function bareDriver(
  node: BenchNode,
  directory: string,
  job: Omit<DriverJob, 'contactPoint' | 'node'>,
): Promise<{ readonly sample: CassandraSample; readonly made: number }> {
  const file = join(directory, 'driver.json')
  const whole: DriverJob = { ...job, contactPoint: node.address, node: node.pid }
  writeFileSync(file, JSON.stringify(whole))
  const peer = join(import.meta.dir, '../peers/bare-driver.ts')
  const { output } = await run('server', [process.execPath, '--no-orphans', peer, file])
  const { made, ...sample } = JSON.parse(output) as DriverReport
  return { sample: { ...sample, generator: 0 }, made }
}
