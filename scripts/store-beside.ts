/** A service's store for a command beside the service, which may run. */
import { join } from 'node:path'
import type { CommonConfig } from '../core/config/common.ts'
import { storeOpener, type OpenStore } from '../core/lifecycle/store.ts'
import { createLogger } from '../core/logging/logger.ts'
import { createMetrics } from '../core/metrics/metrics.ts'
import { nothingObserved } from '../core/metrics/store-metrics.ts'
import type { ServiceName } from '../core/values/service-name.ts'
import { systemClock } from '../core/values/time.ts'

/** The settings of a shop whose folder and, if it was named, whose store a command was told. */
export const environmentOf = (data: string, store: string | undefined) => ({
  ...process.env,
  DATA_DIR: data,
  ...(store !== undefined && { STORE: store }),
})

/**
 * Opens what the service itself would, unobserved; warnings go to the log alone.
 *
 * @param data the shop's folder
 */
export const storeBeside = (name: ServiceName, config: CommonConfig, data: string): OpenStore =>
  storeOpener({
    name,
    config,
    directory: join(data, name),
    metrics: createMetrics(name),
    observe: () => nothingObserved,
    log: createLogger({ service: name, level: 'warn' }),
    clock: systemClock,
  })
