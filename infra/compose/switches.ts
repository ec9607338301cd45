/**
 * What PROFILE and STORE change in the compose file. A container extends the entry that the variable
 * names: `store-${STORE}`. An entry with a Compose profile of its own leaves the container out, unless
 * somebody turns that profile on.
 */
import { locustPath, ports, type ComposeProfile, type Store } from '../topology.ts'

export const switchesPath = 'infra/compose/switches.yml'

export const switches = {
  cassandra: 'store-${STORE:-cassandra}',
  demoOnly: 'profile-${PROFILE:-demo}',
  shop: 'shop-${PROFILE:-demo}',
  gateway: 'gateway-${PROFILE:-demo}',
} as const

export type Switch = keyof typeof switches

/** As the machine's own browser reaches them. */
const pages = [
  `Grafana=http://localhost:${ports.grafana}/`,
  `Prometheus=http://localhost:${ports.prometheus}/`,
  `Alertmanager=http://localhost:${ports.alertmanager}/`,
]
const demoPages = [
  ...pages,
  'Jaeger=http://localhost/search',
  `Locust=http://localhost${locustPath}/`,
]

const spans: Readonly<Record<ComposeProfile, string>> = {
  demo: `http://jaeger:${ports.jaegerSpans}`,
  // A collector of the operator's, or no tracing.
  production: '${OTEL_EXPORTER_OTLP_ENDPOINT:-}',
}

const environment = (profile: ComposeProfile, links?: readonly string[]): object => ({
  environment: {
    OTEL_EXPORTER_OTLP_ENDPOINT: spans[profile],
    ...(links !== undefined && { GATEWAY_LINKS: links.join(',') }),
  },
})

type Entry =
  | `store-${Store}`
  | `profile-${ComposeProfile}`
  | `shop-${ComposeProfile}`
  | `gateway-${ComposeProfile}`

const entries: Readonly<Record<Entry, object>> = {
  'store-cassandra': {},
  'store-sqlite': { profiles: ['cassandra'] },
  'profile-demo': {},
  'profile-production': { profiles: ['demo'] },
  'shop-demo': environment('demo'),
  'shop-production': environment('production'),
  'gateway-demo': environment('demo', demoPages),
  'gateway-production': environment('production', pages),
}

export const switchesFile: object = { services: entries }
