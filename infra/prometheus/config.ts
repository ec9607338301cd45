/** Prometheus's own configuration: what it scrapes, which rules it follows, whom it tells. */
import { jobs, type Job } from '../topology.ts'
import type { Times } from './times.ts'

/** Where the parts are found; a job without targets is not scraped at all. */
export interface ScrapePlace {
  readonly targets: Partial<Readonly<Record<Job, readonly string[]>>>
  /** `host:port` of the Alertmanagers; empty where nobody is told. */
  readonly alertmanagers: readonly string[]
}

export const ruleFiles = ['recording.rules.yml', 'alerts.rules.yml'] as const

export function prometheusConfig({ targets, alertmanagers }: ScrapePlace, time: Times): object {
  return {
    // A busy service answers no sooner where all times are shortened, and the interval is its limit.
    global: { scrape_interval: time('10s', '1s'), evaluation_interval: time('10s') },
    rule_files: ruleFiles,
    ...(alertmanagers.length > 0 && {
      alerting: { alertmanagers: [{ static_configs: [{ targets: alertmanagers }] }] },
    }),
    scrape_configs: jobs.flatMap((job) => {
      const addresses = targets[job] ?? []
      if (addresses.length === 0) return []
      return [
        {
          job_name: job,
          ...(job === 'cassandra' && nodeScrape(time('10s', '5s'))),
          static_configs: [{ targets: addresses }],
        },
      ]
    }),
  }
}

/** A node takes a second to gather what it shows while it is busy. */
const nodeScrape = (time: string): object => ({ scrape_interval: time, scrape_timeout: time })
