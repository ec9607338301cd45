/** The containers of the shop itself: keys, four services, the gateway that has the pages. */
import { serviceNames, type ServiceName } from '../../core/values/service-name.ts'
import { ports, serviceMemory } from '../topology.ts'
import type { Health, ServicePlan } from './service.ts'

/** As the machine's own browser reaches them. */
const pagesBeside = [
  `Grafana=http://localhost:${ports.grafana}/`,
  `Prometheus=http://localhost:${ports.prometheus}/`,
  `Alertmanager=http://localhost:${ports.alertmanager}/`,
  'Jaeger=http://localhost/search',
  'Locust=http://localhost/locust/',
]

/** Both forward requests, so the services have to know them. */
export const addresses = { subnet: '172.30.80.0/24', nginx: '172.30.80.2', gateway: '172.30.80.3' }

const image = 'product-store:local'
const build = { context: '.', dockerfile: 'infra/compose/shop.Dockerfile' }

const alive = (port: number): Health => ({
  test: [
    'CMD',
    'bun',
    '-e',
    `process.exit((await fetch('http://127.0.0.1:${port}/health/ready')).ok ? 0 : 1)`,
  ],
  start: 60,
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
  OTEL_EXPORTER_OTLP_ENDPOINT: `http://jaeger:${ports.jaegerSpans}`,
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
      GATEWAY_LINKS: pagesBeside.join(','),
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
    needs: { keys: 'completed', cassandra: 'healthy' },
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
