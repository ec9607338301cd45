/** What the shop consists of on one machine: processes, their ports and their environment. */
import { serviceNames, type ServiceName } from '../../core/values/service-name.ts'
import type { Environment } from '../../core/config/config.ts'
import type { StartOptions } from './options.ts'

export interface ProcessPlan {
  readonly name: ServiceName | 'gateway'
  readonly host: string
  readonly port: number
  /** A second port that it listens on; null for none. */
  readonly metricsPort: number | null
  /** Path of its main file from the project's root. */
  readonly main: string
  readonly env: Environment
}

const loopback = '127.0.0.1'

const fastTimers = {
  ORDER_PROCESSING_AFTER_MS: '300',
  ORDER_SHIPPING_AFTER_MS: '300',
  ORDER_DELIVERY_MIN_MS: '500',
  ORDER_DELIVERY_MAX_MS: '1500',
  ORDER_RETENTION_MS: '5000',
}

/** The four services, then the gateway. `env` is what the user set; it is handed on to all of them. */
export function planShop(options: StartOptions, env: Environment): readonly ProcessPlan[] {
  const portOf = (name: ServiceName): number => options.servicesPort + serviceNames.indexOf(name)
  const addresses = Object.fromEntries(
    serviceNames.map((name) => [`${name.toUpperCase()}_URL`, `http://${loopback}:${portOf(name)}`]),
  )
  const shared: Environment = {
    ...env,
    ...addresses,
    ...(options.fast && fastTimers),
    PROFILE: options.profile,
    DATA_DIR: options.dataDir,
    STORE: 'sqlite',
    // Bun's own ceiling of 256 calls under way would be the narrowest place of the whole shop.
    BUN_CONFIG_MAX_HTTP_REQUESTS: env['BUN_CONFIG_MAX_HTTP_REQUESTS'] ?? '16384',
    // A restarted process should answer at once; nobody balances between copies here.
    ...(options.watch && { DRAIN_DELAY_MS: '0', SHUTDOWN_GRACE_MS: '1000' }),
  }
  const services = serviceNames.map((name): ProcessPlan => ({
    name,
    host: loopback,
    port: portOf(name),
    metricsPort: null,
    main: `services/${name}/main.ts`,
    env: {
      ...shared,
      HOST: loopback,
      PORT: String(portOf(name)),
      // The gateway is the peer of every request, so only it may say who the client was.
      TRUSTED_PROXIES: loopback,
    },
  }))
  const metricsPort = options.servicesPort + serviceNames.length
  const gateway: ProcessPlan = {
    name: 'gateway',
    host: env['HOST'] || loopback,
    port: options.port,
    metricsPort,
    main: 'services/gateway/main.ts',
    env: {
      ...shared,
      HOST: env['HOST'] || loopback,
      PORT: String(options.port),
      GATEWAY_METRICS_PORT: String(metricsPort),
      // Nothing stands before it that would have to notice that it drains.
      DRAIN_DELAY_MS: '0',
    },
  }
  return [...services, gateway]
}
