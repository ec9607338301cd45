/** The settings that every process of the shop has. */
import { join } from 'node:path'
import { logLevels } from '../logging/logger.ts'
import { choice, duration, integer, list, number, path, text, textOf, url } from './config.ts'
import type { Config, Environment } from './config.ts'

const defaultDataDir = 'data'

/** A service spreads these beside its own and overrides what differs, the port's default first of all. */
export const commonSettings = {
  PROFILE: choice(['demo', 'production'], {
    help: 'demo has sample data and accounts; production refuses both',
    default: 'production',
  }),
  HOST: text({ help: 'address to listen on', default: '127.0.0.1' }),
  PORT: portSetting(8000),
  DATA_DIR: path({
    help: 'folder that holds the SQLite files',
    default: defaultDataDir,
  }),
  STORE: choice(['sqlite', 'cassandra'], {
    help: 'where data is kept: a file of this process, or a cluster',
    default: 'sqlite',
  }),
  LOG_LEVEL: choice(logLevels, { help: 'least level that is logged', default: 'info' }),
  KEYS_DIR: path({
    help: 'folder that holds the signing keys; the folder keys inside DATA_DIR unless set',
    default: (env: Environment) => join(textOf(env, 'DATA_DIR') ?? defaultDataDir, 'keys'),
  }),
  CATALOG_URL: serviceUrl(8000),
  CART_URL: serviceUrl(8001),
  ORDER_URL: serviceUrl(8002),
  USER_URL: serviceUrl(8003),
  CORS_ORIGINS: list({
    help: 'web origins whose pages may call the API; * for all, in the demo profile only',
    default: [],
  }),
  TRUSTED_PROXIES: list({
    help: 'addresses whose X-Forwarded-For is believed',
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
} as const

export type CommonConfig = Config<typeof commonSettings>

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
  if (config.PROFILE !== 'production' || !config.CORS_ORIGINS.includes('*')) return []
  return [
    'CORS_ORIGINS is "*", but with PROFILE=production it accepts only origins by name, such as https://shop.example.',
  ]
}

function serviceUrl(port: number) {
  const help = 'where the other services reach this one'
  return url({ help, default: `http://127.0.0.1:${port}` })
}
