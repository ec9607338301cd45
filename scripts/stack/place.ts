/** Where the parts of the native stack find each other: on this machine, by their ports. */
import { jobs, metricsPort, type Job } from '../../infra/topology.ts'
import { cassandraMetrics } from './cassandra.ts'
import type { StackOptions } from './options.ts'

export const loopback = '127.0.0.1'

/** Whether only this machine reaches what listens there. */
export const isLoopback = (host: string): boolean => /^(127\.|localhost$|\[?::1\]?$)/.test(host)

export const at = (port: number): string => `${loopback}:${port}`

/** `http://localhost`, with the port where it is not the usual one. */
export const publicUrl = ({ ports }: StackOptions, hasNginx: boolean): string => {
  const port = hasNginx ? ports.nginx : ports.gateway
  return port === 80 ? 'http://localhost' : `http://localhost:${port}`
}

/** The addresses to scrape of the jobs that run. */
export const scrapeTargets = (
  options: StackOptions,
  running: (job: Job) => boolean,
): Partial<Record<Job, readonly string[]>> =>
  Object.fromEntries(
    jobs
      .filter(running)
      .map((job) => [
        job,
        [job === 'cassandra' ? cassandraMetrics(options) : at(options.ports[metricsPort[job]])],
      ]),
  )
