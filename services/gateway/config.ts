/** Settings of the gateway. */
import { byProfile, commonSettings, portSetting } from '../../core/config/common.ts'
import { duration, host, integer, list, number, path } from '../../core/config/config.ts'

const { PROFILE, HOST, DATA_DIR, LOG_LEVEL, TRUSTED_PROXIES, MAX_IN_FLIGHT } = commonSettings
const { IDLE_TIMEOUT_MS, DRAIN_DELAY_MS, SHUTDOWN_GRACE_MS, CHECK_INTERVAL_MS } = commonSettings
const { CATALOG_URL, CART_URL, ORDER_URL, USER_URL, PROFILES_DIR } = commonSettings
const { ACCESS_LOG_SAMPLE, ACCESS_LOG_PER_SECOND, CORS_ORIGINS } = commonSettings
const { OTEL_EXPORTER_OTLP_ENDPOINT, TRACE_SAMPLE, TRACE_PER_SECOND } = commonSettings
const { TRACE_CHECKOUTS_PER_SECOND, TRACE_SLOW_MS } = commonSettings

export const gatewaySettings = {
  PROFILE,
  HOST,
  PORT: portSetting(8080),
  DATA_DIR,
  LOG_LEVEL,
  TRUSTED_PROXIES,
  CORS_ORIGINS,
  MAX_IN_FLIGHT,
  IDLE_TIMEOUT_MS,
  DRAIN_DELAY_MS,
  SHUTDOWN_GRACE_MS,
  CATALOG_URL,
  CART_URL,
  ORDER_URL,
  USER_URL,
  CHECK_INTERVAL_MS,
  ACCESS_LOG_SAMPLE,
  ACCESS_LOG_PER_SECOND,
  OTEL_EXPORTER_OTLP_ENDPOINT,
  TRACE_SAMPLE,
  TRACE_PER_SECOND,
  TRACE_CHECKOUTS_PER_SECOND,
  TRACE_SLOW_MS,
  GATEWAY_TIMEOUT_MS: duration({
    help: 'time that a service gets until its answer begins; longer than a checkout may take',
    default: 10_000,
    min: 100,
    max: 60_000,
  }),
  GATEWAY_EVENT_STREAMS: integer({
    help: 'event streams that pass through at once, beside the requests under way; past it 503',
    default: 4_000,
    min: 1,
    max: 100_000,
  }),
  IN_FLIGHT_PER_ADDRESS: integer({
    help: 'requests of one address under way at once, and as many whose body is still arriving; past it 429',
    default: byProfile(100, 1_000_000),
    min: 1,
    max: 1_000_000,
  }),
  GATEWAY_METRICS_PORT: integer({
    help: "port of the gateway's own metrics; 0 serves none",
    default: 0,
    min: 0,
    max: 65_535,
  }),
  GATEWAY_METRICS_HOST: host({
    help: "address of the gateway's own metrics; never one that customers reach",
    default: '127.0.0.1',
  }),
  RATE_LIMIT_PER_SECOND: number({
    help: 'requests a second on average of one user, or of all visitors of an address who are not signed in; 0 sets no limit, for addresses neither',
    default: byProfile(50, 1_000_000),
    min: 0,
    max: 10_000_000,
  }),
  RATE_LIMIT_BURST: integer({
    help: 'requests at once of one user, or of all visitors of an address who are not signed in',
    default: byProfile(200, 1_000_000),
    min: 1,
    max: 10_000_000,
  }),
  RATE_LIMIT_ADDRESS_PER_SECOND: number({
    help: 'requests a second on average of one address, for all its users together; health checks have as many again',
    default: byProfile(200, 1_000_000),
    min: 0.001,
    max: 10_000_000,
  }),
  RATE_LIMIT_ADDRESS_BURST: integer({
    help: 'requests at once of one address, for all its users together; health checks have as many again',
    default: byProfile(800, 1_000_000),
    min: 1,
    max: 10_000_000,
  }),
  GATEWAY_DOCS_DIR: path({
    help: 'folder of the built documentation site, which is served at /docs/',
    default: 'site/dist',
  }),
  GATEWAY_LINKS: list({
    help: 'pages of programs beside the shop that the first page of the documentation leads to in the demo profile, such as Prometheus=http://localhost:9090/',
    default: [],
  }),
  PROFILES_DIR,
} as const
