/** Settings of the gateway. */
import { commonSettings, portSetting } from '../../core/config/common.ts'
import { duration, path, type Setting } from '../../core/config/config.ts'
import type { ServiceName } from '../../core/values/service-name.ts'

const { HOST, LOG_LEVEL, TRUSTED_PROXIES, MAX_IN_FLIGHT, DRAIN_DELAY_MS, SHUTDOWN_GRACE_MS } =
  commonSettings

export const gatewaySettings = {
  HOST,
  PORT: portSetting(8080),
  LOG_LEVEL,
  TRUSTED_PROXIES,
  MAX_IN_FLIGHT,
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
  GATEWAY_DOCS_DIR: path({ help: 'folder that is served at /docs/', default: 'docs' }),
  GATEWAY_PROFILES_DIR: path({ help: 'folder that is served at /profiles/', default: 'profiles' }),
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
