/** The settings that every process of the shop has. */
import { join } from 'node:path'
import { logLevels } from '../logging/logger.ts'
import type { ServiceName } from '../values/service-name.ts'
import {
  choice,
  duration,
  flag,
  host,
  integer,
  list,
  networks,
  number,
  path,
  secret,
  text,
  textOf,
  url,
  urls,
} from './config.ts'
import type { Config, Environment } from './config.ts'

const defaultDataDir = 'data'

/** A service spreads these beside its own and overrides what differs, the port's default first of all. */
export const commonSettings = {
  PROFILE: choice(['demo', 'production'], {
    help: 'demo has sample data and accounts; production refuses both',
    default: 'production',
  }),
  HOST: host({ help: 'address to listen on', default: '127.0.0.1' }),
  PORT: portSetting(8000),
  DATA_DIR: path({
    help: 'folder that holds the SQLite files',
    default: defaultDataDir,
  }),
  STORE: choice(['sqlite', 'cassandra'], {
    help: 'where data is kept: a file of this process, or a cluster',
    default: 'sqlite',
  }),
  CASSANDRA_CONTACT_POINTS: list({
    help: 'some nodes of the cluster, each an address or address:port; the others are found through them',
    default: ['127.0.0.1:9042'],
  }),
  CASSANDRA_DATACENTER: text({
    help: 'data center of this process; nodes of others are never asked',
    default: 'datacenter1',
  }),
  CASSANDRA_REPLICATION: integer({
    help: 'copies of every row in the data center; counts when a keyspace is made',
    default: 3,
    min: 1,
    max: 9,
  }),
  CASSANDRA_KEYSPACE_PREFIX: text({
    help: 'the keyspace of a service is this, an underscore and its name',
    default: 'shop',
  }),
  CASSANDRA_USER: text({ help: 'user of the cluster; none where it asks for none', default: '' }),
  CASSANDRA_PASSWORD: secret({ help: 'password of that user', default: '' }),
  CASSANDRA_PASSWORD_FILE: path({
    help: 'file that holds the password instead',
    default: '',
  }),
  LOG_LEVEL: choice(logLevels, { help: 'least level that is logged', default: 'info' }),
  KEYS_DIR: path({
    help: 'folder that holds the signing keys; the folder keys inside DATA_DIR unless set',
    default: (env: Environment) => join(textOf(env, 'DATA_DIR') ?? defaultDataDir, 'keys'),
  }),
  COPY: integer({
    help: 'which copy of its service this process is; each has a folder of its own in DATA_DIR',
    default: 0,
    min: 0,
    max: 999,
  }),
  CATALOG_URL: serviceUrls(8000),
  CART_URL: serviceUrls(8001),
  ORDER_URL: serviceUrls(8002),
  USER_URL: serviceUrls(8003),
  CHECK_INTERVAL_MS: duration({
    help: "time between two questions to each of a service's copies whether it is ready",
    default: 250,
    min: 20,
    max: 60_000,
  }),
  CORS_ORIGINS: list({
    help: 'web origins whose pages may call the API; * for all, in the demo profile only',
    default: [],
  }),
  TRUSTED_PROXIES: networks({
    help: 'proxies whose X-Forwarded-For is believed',
    default: [],
  }),
  MAX_IN_FLIGHT: integer({
    help: 'requests under way at once; past it the answer is 503',
    default: 2000,
    min: 1,
    max: 100_000,
  }),
  IDLE_TIMEOUT_MS: duration({
    help: 'silence after which a connection is ended, in whole seconds',
    default: 75_000,
    min: 1_000,
    max: 255_000,
  }),
  DRAIN_DELAY_MS: duration({
    help: 'time between "not ready" and the end of listening, for the balancer to notice',
    default: 1000,
    min: 0,
    max: 60_000,
  }),
  SHUTDOWN_GRACE_MS: duration({
    help: 'time that requests under way get to finish at shutdown',
    default: 10_000,
    min: 0,
    max: 300_000,
  }),
  ACCESS_LOG_SAMPLE: number({
    help: 'share of successful requests that are logged; all others always are',
    default: 0.01,
    min: 0,
    max: 1,
  }),
  PROFILES_DIR: path({
    help: 'folder of the CPU profiles, one inside it for each service',
    default: 'profiles',
  }),
  PROFILES_KEEP: integer({
    help: 'CPU profiles kept of each operation; the oldest make room',
    default: 10,
    min: 1,
    max: 1000,
  }),
  ACCESS_LOG_PER_SECOND: integer({
    help: 'successful requests a second that are logged at most',
    default: 50,
    min: 0,
    max: 1_000_000,
  }),
  METRICS: flag({
    help: 'whether requests and statements are counted and timed; false only to measure what that costs',
    default: true,
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: url({
    help: 'collector that gets spans as OTLP over HTTP, such as http://127.0.0.1:4318; empty: no tracing',
    default: '',
  }),
  TRACE_SAMPLE: number({
    help: 'share of requests that are traced',
    default: 0.01,
    min: 0,
    max: 1,
  }),
  TRACE_PER_SECOND: integer({
    help: 'requests a second that this share takes at most',
    default: 100,
    min: 0,
    max: 100_000,
  }),
  TRACE_CHECKOUTS_PER_SECOND: integer({
    help: 'checkouts a second that are traced whatever the share is',
    default: 50,
    min: 0,
    max: 100_000,
  }),
  TRACE_SLOW_MS: duration({
    help: 'time from which a request is told of even if it was not traced',
    default: 500,
    min: 1,
    max: 60_000,
  }),
} as const

export type CommonConfig = Config<typeof commonSettings>

/**
 * A limit with a default of each profile: that of `demo` is far above what one machine can ask, since
 * load runs and tests send everything from one address.
 */
export const byProfile =
  (production: number, demo: number) =>
  (env: Environment): number =>
    env['PROFILE'] === 'demo' ? demo : production

/** The port of one service. */
export function portSetting(port: number) {
  return integer({
    help: 'port to listen on; 0 picks a free one',
    default: port,
    min: 0,
    max: 65_535,
  })
}

/** What the common settings must satisfy together; `loadConfig` takes it as its rules. */
export function commonRules(config: CommonConfig): string[] {
  const mistakes = corsRules(config)
  if (config.STORE === 'sqlite' && config.COPY > 0) {
    mistakes.push(
      `COPY is ${config.COPY}, but with STORE=sqlite one process per service owns its file: it is 0.`,
    )
  }
  const copies = Math.max(...Object.values(addressesOf(config)).map(({ length }) => length))
  // A check may have begun just before the drain, and the next one must be over before its end.
  const noticed = 2 * config.CHECK_INTERVAL_MS
  if (copies > 1 && config.DRAIN_DELAY_MS < noticed) {
    mistakes.push(
      `DRAIN_DELAY_MS is ${config.DRAIN_DELAY_MS}, but with several copies it must be at least ${noticed}, twice CHECK_INTERVAL_MS, so that nobody asks a copy that ends.`,
    )
  }
  return config.STORE === 'cassandra' ? [...mistakes, ...cassandraRules(config)] : mistakes
}

/** Of every process that answers pages. */
export const corsRules = (config: {
  readonly PROFILE: CommonConfig['PROFILE']
  readonly CORS_ORIGINS: readonly string[]
}): string[] =>
  config.PROFILE === 'production' && config.CORS_ORIGINS.includes('*')
    ? [
        'CORS_ORIGINS is "*", but with PROFILE=production it accepts only origins by name, such as https://shop.example.',
      ]
    : []

function cassandraRules(config: CommonConfig): string[] {
  const mistakes: string[] = []
  if (config.CASSANDRA_CONTACT_POINTS.length === 0) {
    mistakes.push(
      'CASSANDRA_CONTACT_POINTS is empty, but STORE=cassandra needs a node to begin with.',
    )
  }
  // It goes into schema statements as it is; Cassandra takes names of up to 48 characters.
  if (!/^[a-z][a-z0-9_]{0,30}$/.test(config.CASSANDRA_KEYSPACE_PREFIX)) {
    mistakes.push(
      'CASSANDRA_KEYSPACE_PREFIX accepts up to 31 small letters, digits and underscores, a letter first.',
    )
  }
  if (!/^[\w-]{1,64}$/.test(config.CASSANDRA_DATACENTER)) {
    mistakes.push('CASSANDRA_DATACENTER accepts up to 64 letters, digits, underscores and hyphens.')
  }
  const passwords = [config.CASSANDRA_PASSWORD, config.CASSANDRA_PASSWORD_FILE]
  const given = passwords.filter((each) => each !== '').length
  if (given !== (config.CASSANDRA_USER === '' ? 0 : 1)) {
    mistakes.push(
      'CASSANDRA_USER needs either CASSANDRA_PASSWORD or CASSANDRA_PASSWORD_FILE, and neither makes sense without it.',
    )
  }
  return mistakes
}

/** The addresses of each service's copies. */
export const addressesOf = (config: {
  readonly [Name in `${Uppercase<ServiceName>}_URL`]: readonly string[]
}): Readonly<Record<ServiceName, readonly string[]>> => ({
  catalog: config.CATALOG_URL,
  cart: config.CART_URL,
  order: config.ORDER_URL,
  user: config.USER_URL,
})

function serviceUrls(port: number) {
  const help = 'where the other services reach this one, or its copies'
  return urls({ help, default: [`http://127.0.0.1:${port}`] })
}
