/** Settings of the gateway. */
import { commonSettings, portSetting } from '../../core/config/common.ts'
import {
  duration,
  integer,
  number,
  path,
  type Environment,
  type Setting,
} from '../../core/config/config.ts'
import type { ServiceName } from '../../core/values/service-name.ts'

const { PROFILE, HOST, DATA_DIR, LOG_LEVEL, TRUSTED_PROXIES, MAX_IN_FLIGHT } = commonSettings
const { IDLE_TIMEOUT_MS, DRAIN_DELAY_MS, SHUTDOWN_GRACE_MS, PROFILES_DIR } = commonSettings

/** The demo profile's limit is far above what one machine can ask. */
const byProfile =
  (production: number, demo: number) =>
  (env: Environment): number =>
    env['PROFILE'] === 'demo' ? demo : production

export const gatewaySettings = {
  PROFILE,
  HOST,
  PORT: portSetting(8080),
  DATA_DIR,
  LOG_LEVEL,
  TRUSTED_PROXIES,
  MAX_IN_FLIGHT,
  IDLE_TIMEOUT_MS,
  DRAIN_DELAY_MS,
  SHUTDOWN_GRACE_MS,
  CATALOG_URL: addresses(commonSettings.CATALOG_URL),
  CART_URL: addresses(commonSettings.CART_URL),
  ORDER_URL: addresses(commonSettings.ORDER_URL),
  USER_URL: addresses(commonSettings.USER_URL),
  GATEWAY_TIMEOUT_MS: duration({
    help: 'time that a service gets until its answer begins; longer than a checkout may take',
    default: 10_000,
    min: 100,
    max: 60_000,
  }),
  GATEWAY_CHECK_INTERVAL_MS: duration({
    help: 'time between two questions to a service whether it is ready',
    default: 250,
    min: 20,
    max: 60_000,
  }),
  GATEWAY_METRICS_PORT: integer({
    help: "port of the gateway's own metrics on the loopback address; 0 serves none",
    default: 0,
    min: 0,
    max: 65_535,
  }),
  RATE_LIMIT_PER_SECOND: number({
    help: 'requests a second that one user, or one address, may send on average; 0 sets no limit',
    default: byProfile(50, 1_000_000),
    min: 0,
    max: 10_000_000,
  }),
  RATE_LIMIT_BURST: integer({
    help: 'requests that one user, or one address, may send at once',
    default: byProfile(200, 1_000_000),
    min: 1,
    max: 10_000_000,
  }),
  GATEWAY_DOCS_DIR: path({ help: 'folder that is served at /docs/', default: 'docs' }),
  PROFILES_DIR,
} as const

/** The addresses of each service's copies. */
export const addressesOf = (config: {
  readonly [Name in `${Uppercase<ServiceName>}_URL`]: readonly string[]
}): Readonly<Record<ServiceName, readonly string[]>> => ({
  catalog: config.CATALOG_URL,
  cart: config.CART_URL,
  order: config.ORDER_URL,
  user: config.USER_URL,
})

/** One address as the services take it, or several with commas between: the copies of a service. */
function addresses(one: Setting<string>): Setting<readonly string[]> {
  const { fallback } = one
  return {
    ...one,
    accepts: `${one.accepts}, or several with commas between`,
    fallback: typeof fallback === 'string' ? [fallback] : undefined,
    parse(text) {
      const parsed = text.split(',').map((each) => one.parse(each.trim()))
      const known = parsed.filter((each) => each !== undefined)
      return known.length === parsed.length ? known : undefined
    },
  }
}
