/** The containers of the shop itself: keys, four services, the gateway that has the pages. */
import { serviceNames, type ServiceName } from '../../core/values/service-name.ts'
import { image as imageOf } from '../images.ts'
import { ports, serviceMemory } from '../topology.ts'
import type { Health, ServicePlan } from './service.ts'

/**
 * nginx and the gateway forward requests, so the services have to know them. All other containers get
 * theirs from `dynamic`: an engine gives those out in the order of starting, and would give a fixed one
 * to whatever starts before its owner.
 */
export const addresses = {
  subnet: '172.30.80.0/24',
  dynamic: '172.30.80.128/25',
  nginx: '172.30.80.2',
  gateway: '172.30.80.3',
}

const image = 'product-store:local'
const build = {
  context: '.',
  dockerfile: 'infra/compose/shop.Dockerfile',
  args: { NODE_IMAGE: imageOf('node'), BUN_IMAGE: imageOf('bun') },
}

const alive = (port: number): Health => ({
  test: [
    'CMD',
    'bun',
    '-e',
    `process.exit((await fetch('http://127.0.0.1:${port}/health/ready')).ok ? 0 : 1)`,
  ],
  // Time for Cassandra's own start, which comes first.
  start: 180,
})

const urls = Object.fromEntries(
  serviceNames.map((name) => [`${name.toUpperCase()}_URL`, `http://${name}:${ports[name]}`]),
)

const shared = {
  ...urls,
  PROFILE: '${PROFILE:-demo}',
  HOST: '0.0.0.0',
  LOG_LEVEL: '${LOG_LEVEL:-info}',
  BUN_CONFIG_MAX_HTTP_REQUESTS: '16384',
  // Docker hands its own proxy to every container; the health check, too, asks its own process.
  no_proxy: '*',
}

export const shopServices: Readonly<Record<string, ServicePlan>> = {
  keys: {
    image,
    build,
    command: ['sh', 'infra/compose/keys.sh', '${PROFILE:-demo}'],
    volumes: ['keys:/keys', ...serviceNames.map((name) => `keys-${name}:/shared/${name}`)],
    memory: 256,
    once: true,
  },
  ...Object.fromEntries(serviceNames.map((name) => [name, servicePlan(name)])),
  gateway: {
    extends: 'gateway',
    image,
    build,
    command: ['bun', '--no-env-file', 'services/gateway/main.ts'],
    environment: {
      ...shared,
      PORT: String(ports.gateway),
      GATEWAY_METRICS_HOST: '0.0.0.0',
      GATEWAY_METRICS_PORT: String(ports.gatewayMetrics),
      DATA_DIR: '/data',
      TRUSTED_PROXIES: addresses.nginx,
    },
    volumes: ['gateway-data:/data', 'profiles:/shop/profiles:ro'],
    publish: [`127.0.0.1:${ports.gateway}:${ports.gateway}`],
    needs: Object.fromEntries(serviceNames.map((name) => [name, 'healthy'])),
    health: alive(ports.gateway),
    memory: serviceMemory,
    address: addresses.gateway,
    grace: '30s',
  },
}

function servicePlan(name: ServiceName): ServicePlan {
  return {
    extends: 'shop',
    image,
    build,
    command: ['bun', '--no-env-file', `services/${name}/main.ts`],
    environment: {
      ...shared,
      PORT: String(ports[name]),
      DATA_DIR: '/data',
      KEYS_DIR: '/keys',
      STORE: '${STORE:-cassandra}',
      CASSANDRA_CONTACT_POINTS: 'cassandra',
      // A single node; with three of them, 3.
      CASSANDRA_REPLICATION: '1',
      TRUSTED_PROXIES: `${addresses.nginx},${addresses.gateway}`,
    },
    volumes: [`${name}-data:/data`, `keys-${name}:/keys:ro`, 'profiles:/shop/profiles'],
    publish: [`127.0.0.1:${ports[name]}:${ports[name]}`],
    // Not Cassandra, which may be left out: a service tries until its store is there.
    needs: { keys: 'completed' },
    health: alive(ports[name]),
    memory: serviceMemory,
    // Longer than a service takes to finish what is under way.
    grace: '30s',
  }
}

export const shopVolumes: readonly string[] = [
  'keys',
  ...serviceNames.map((name) => `keys-${name}`),
  ...serviceNames.map((name) => `${name}-data`),
  'gateway-data',
  'profiles',
]
