/** What the shop consists of on one machine: processes, their ports and their environment. */
import { plainHost } from '../../core/values/authority.ts'
import { serviceNames, type ServiceName } from '../../core/values/service-name.ts'
import type { Environment } from '../../core/config/config.ts'
import { metricsPort, servicePort, type StartOptions } from './options.ts'
import type { Runtime } from './runtime.ts'

/** What a process is a copy of. */
export type Role = ServiceName | 'gateway'

export interface ProcessPlan {
  /** `catalog`, and its further copies `catalog-1`, `catalog-2`: also the names of its files. */
  readonly name: string
  readonly role: Role
  readonly host: string
  readonly port: number
  /** A second port that it listens on; null for none. */
  readonly metricsPort: number | null
  /** Path of its main file from the project's root. */
  readonly main: string
  readonly runtime: Runtime
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

/**
 * The services, all copies of one after those of another, then the gateway. `env` is what the user
 * set; it is handed on to all of them.
 */
export function planShop(options: StartOptions, env: Environment): readonly ProcessPlan[] {
  const { store, copies, servicesPort, dataDir, runtime } = options
  const gatewayHost = plainHost(env['HOST'] || loopback)
  const numbers = Array.from({ length: copies }, (_, copy) => copy)
  const addresses = Object.fromEntries(
    serviceNames.map((name) => [
      `${name.toUpperCase()}_URL`,
      numbers
        .map((copy) => `http://${loopback}:${servicePort(servicesPort, name, copy)}`)
        .join(','),
    ]),
  )
  const shared: Environment = {
    ...env,
    ...addresses,
    ...(options.fast && fastTimers),
    PROFILE: options.profile,
    DATA_DIR: dataDir,
    STORE: store,
    // Bun's own ceiling of 256 calls under way would be the narrowest place of the whole shop.
    BUN_CONFIG_MAX_HTTP_REQUESTS: env['BUN_CONFIG_MAX_HTTP_REQUESTS'] ?? '16384',
    // A restarted process should answer at once; only where there are copies does anybody balance.
    ...(options.watch && {
      DRAIN_DELAY_MS: copies > 1 ? '500' : '0',
      SHUTDOWN_GRACE_MS: '1000',
    }),
  }
  const service = (role: ServiceName, copy: number): ProcessPlan => {
    const port = servicePort(servicesPort, role, copy)
    return {
      name: copy === 0 ? role : `${role}-${copy}`,
      role,
      host: loopback,
      port,
      metricsPort: null,
      main: `services/${role}/main.ts`,
      runtime,
      env: {
        ...shared,
        HOST: loopback,
        PORT: String(port),
        COPY: String(copy),
        // The gateway is the peer of every request, so only it may say who the client was.
        TRUSTED_PROXIES: loopback,
      },
    }
  }
  const gateway: ProcessPlan = {
    name: 'gateway',
    role: 'gateway',
    host: gatewayHost,
    port: options.port,
    metricsPort: metricsPort(servicesPort),
    main: 'services/gateway/main.ts',
    runtime,
    env: {
      ...shared,
      HOST: gatewayHost,
      PORT: String(options.port),
      GATEWAY_METRICS_PORT: String(metricsPort(servicesPort)),
      // Nothing stands before it that would have to notice that it drains.
      DRAIN_DELAY_MS: '0',
    },
  }
  return [...serviceNames.flatMap((name) => numbers.map((copy) => service(name, copy))), gateway]
}
