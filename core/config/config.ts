/** Settings from environment variables: typed, with help and defaults, and all mistakes told at once. */
import { isIP } from 'node:net'
import { plainHost } from '../values/authority.ts'
import { isNetwork } from '../values/networks.ts'
import { millis, type Millis } from '../values/time.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** One setting: what it accepts and how a text becomes its value. */
export interface Setting<T> {
  readonly help: string
  /** What it accepts, as the end of the sentence "it accepts …". */
  readonly accepts: string
  /** Its value is never printed. */
  readonly secret: boolean
  /** The value when the variable is unset or empty; undefined when it must be set. */
  readonly fallback: T | ((env: Environment) => T) | undefined
  /** The value of a text; undefined when it is not accepted. */
  readonly parse: (text: string) => T | undefined
}

export interface SettingOptions<T> {
  readonly help: string
  /** May be worked out from other variables; without a default the variable must be set. */
  readonly default?: T | ((env: Environment) => T)
}

/** Settings under the names of their environment variables. */
export type Definition = Readonly<Record<string, Setting<unknown>>>

/** The values of some settings: `Config<typeof orderSettings>`. */
export type Config<S extends Definition> = {
  readonly [Name in keyof S]: S[Name] extends Setting<infer T> ? T : never
}

/** Why a process does not start: one sentence for each mistake. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly mistakes: readonly string[]

  constructor(mistakes: readonly string[]) {
    super(mistakes.join('\n'))
    this.mistakes = mistakes
  }
}

/**
 * Reads all `settings` from `env`. An empty variable counts as unset; variables that
 * no setting names are ignored.
 *
 * @param rules what settings must satisfy together; returns a sentence for each mistake
 * @returns the values under the names of their variables, frozen
 * @throws ConfigError that holds every mistake
 */
export function loadConfig<S extends Definition>(
  settings: S,
  env: Environment,
  rules: (config: Config<S>) => readonly string[] = () => [],
): Config<S> {
  const mistakes: string[] = []
  const values: Record<string, unknown> = {}
  for (const [variable, wanted] of Object.entries(settings)) {
    const given = textOf(env, variable)
    const value = given === undefined ? fallbackOf(wanted, env) : wanted.parse(given)
    if (value === undefined) mistakes.push(mistake(variable, wanted, given))
    values[variable] = value
  }
  if (mistakes.length > 0) throw new ConfigError(mistakes)
  // Each value was made by the setting of the same name.
  const config = Object.freeze(values) as Config<S>
  const broken = rules(config)
  if (broken.length > 0) throw new ConfigError(broken)
  return config
}

/** The text of a variable; undefined when it is unset or empty. */
export const textOf = (env: Environment, variable: string): string | undefined =>
  env[variable] === '' ? undefined : env[variable]

function fallbackOf<T>({ fallback }: Setting<T>, env: Environment): T | undefined {
  // No setting's value is a function, so a function is the default that looks at other variables.
  return typeof fallback === 'function' ? (fallback as (env: Environment) => T)(env) : fallback
}

function mistake(
  variable: string,
  { accepts, secret }: Setting<unknown>,
  text: string | undefined,
): string {
  if (text === undefined) return `${variable} is not set; it accepts ${accepts}.`
  const got = secret ? 'a secret value' : JSON.stringify(text)
  return `${variable} is ${got}, but it accepts ${accepts}.`
}

/** Any text that is not empty. */
export const text = (options: SettingOptions<string>): Setting<string> =>
  setting(options, 'any text', (value) => value)

/** A text that no message ever shows. */
export const secret = (options: SettingOptions<string>): Setting<string> => ({
  ...setting(options, 'any text (secret)', (value) => value),
  secret: true,
})

/** A file or folder, taken as it stands; relative ones count from the working directory. */
export const path = (options: SettingOptions<string>): Setting<string> =>
  setting(options, 'a path', (value) => (value.includes('\0') ? undefined : value))

/** A whole number within its bounds. */
export function integer(
  options: SettingOptions<number> & { readonly min: number; readonly max: number },
): Setting<number> {
  const { min, max } = options
  return setting(options, `a whole number from ${min} to ${max}`, (value) =>
    within(/^-?\d+$/.test(value) ? Number(value) : NaN, min, max),
  )
}

/** A number within its bounds, decimals allowed. */
export function number(
  options: SettingOptions<number> & { readonly min: number; readonly max: number },
): Setting<number> {
  const { min, max } = options
  return setting(options, `a number from ${min} to ${max}`, (value) =>
    within(/^-?\d+(\.\d+)?$/.test(value) ? Number(value) : NaN, min, max),
  )
}

/** One of a few words. */
export const choice = <const T extends string>(
  choices: readonly T[],
  options: SettingOptions<NoInfer<T>>,
): Setting<T> =>
  setting(options, choices.join(' or '), (value) => choices.find((each) => each === value))

/** Yes or no. */
export const flag = (options: SettingOptions<boolean>): Setting<boolean> =>
  setting(options, 'true or false (also 1 or 0)', (value) =>
    value === 'true' || value === '1'
      ? true
      : value === 'false' || value === '0'
        ? false
        : undefined,
  )

/** Ten years, which no setting means to exceed. */
const longest = 10 * 365 * 86_400_000

const unitMillis = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** A span of time: milliseconds as a plain number, or a number with a unit, such as 500ms, 5s, 7d. */
export function duration(
  options: SettingOptions<number> & { readonly min?: number; readonly max?: number },
): Setting<Millis> {
  const { min = 0, max = longest } = options
  const accepts = `a time from ${min} to ${max} ms, as milliseconds or with a unit (500ms, 5s, 2m, 1h, 7d)`
  // A default is a time as well; it is stated as a plain number of milliseconds.
  return setting(options as SettingOptions<Millis>, accepts, (value) => {
    const match = /^(\d+)(ms|s|m|h|d)?$/.exec(value)
    if (match === null) return undefined
    // The pattern lets nothing but these units through.
    const unit = (match[2] ?? 'ms') as keyof typeof unitMillis
    const length = within(Number(match[1]) * unitMillis[unit], min, max)
    return length === undefined ? undefined : millis(length)
  })
}

/** Texts between commas; spaces around them do not count. */
export const list = (options: SettingOptions<readonly string[]>): Setting<readonly string[]> =>
  setting(options, 'texts separated by commas', (value) =>
    Object.freeze(
      value
        .split(',')
        .map((each) => each.trim())
        .filter((each) => each !== ''),
    ),
  )

/** An address or the name of a machine; an IPv6 address may stand in brackets. */
export const host = (options: SettingOptions<string>): Setting<string> =>
  setting(
    options,
    'an address of this machine or a name of it, such as 127.0.0.1, ::1 or 0.0.0.0',
    (value) => {
      const plain = plainHost(value)
      const isName = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/i.test(plain)
      return isName || isIP(plain) !== 0 ? plain : undefined
    },
  )

/** Addresses and networks between commas. */
export const networks = (options: SettingOptions<readonly string[]>): Setting<readonly string[]> =>
  setting(
    options,
    'addresses and networks separated by commas, such as 127.0.0.1, 10.0.0.0/8 or fd00::/8',
    (value) => {
      const each = value.split(',').flatMap((one) => one.trim() || [])
      return each.every(isNetwork) ? Object.freeze(each) : undefined
    },
  )

const anAddress = 'an address such as http://127.0.0.1:8000'

/** The address of an HTTP server, kept without a slash at its end. */
export const url = (options: SettingOptions<string>): Setting<string> =>
  setting(options, anAddress, addressOf)

/** The addresses of an HTTP server's copies: one as above, or several with commas between. */
export const urls = (options: SettingOptions<readonly string[]>): Setting<readonly string[]> =>
  setting(options, `${anAddress}, or several different ones with commas between`, (value) => {
    const addresses = value.split(',').map((each) => addressOf(each.trim()))
    const known = addresses.filter((each) => each !== undefined)
    const all = known.length === addresses.length && new Set(known).size === known.length
    return all ? Object.freeze(known) : undefined
  })

function addressOf(value: string): string | undefined {
  const parsed = URL.parse(value)
  const plain = parsed !== null && parsed.search === '' && parsed.hash === ''
  if (!plain || !/^https?:$/.test(parsed.protocol) || parsed.username !== '') return undefined
  return parsed.href.replace(/\/+$/, '')
}

const within = (value: number, min: number, max: number): number | undefined =>
  value >= min && value <= max ? value : undefined

function setting<T>(
  options: SettingOptions<T>,
  accepts: string,
  parse: (value: string) => T | undefined,
): Setting<T> {
  return { help: options.help, accepts, secret: false, fallback: options.default, parse }
}

/** One line of a table of settings, for `--help` and the documentation. */
export interface SettingRow {
  readonly variable: string
  readonly accepts: string
  /** As text; null when the variable must be set. */
  readonly default: string | null
  readonly help: string
}

/** Describes settings, with the defaults that an empty environment gives. */
export const describeSettings = (settings: Definition): SettingRow[] =>
  Object.entries(settings).map(([variable, each]) => {
    const fallback = fallbackOf(each, {})
    return {
      variable,
      accepts: each.accepts,
      default: fallback === undefined ? null : each.secret ? '(secret)' : String(fallback),
      help: each.help,
    }
  })
