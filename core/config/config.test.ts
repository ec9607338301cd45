/** Settings: what each kind accepts, and that a wrong environment is told in full. */
import { describe, expect, test } from 'bun:test'
import { commonRules, commonSettings, type CommonConfig } from './common.ts'
import {
  ConfigError,
  choice,
  describeSettings,
  duration,
  flag,
  host,
  integer,
  list,
  networks,
  loadConfig,
  number,
  path,
  secret,
  text,
  url,
  urls,
  type Setting,
} from './config.ts'

const help = 'for the test'
const read = <T>(setting: Setting<T>, value: string) =>
  loadConfig({ VALUE: setting }, { VALUE: value }).VALUE

function mistakesOf(load: () => unknown): readonly string[] {
  try {
    load()
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes
    throw error
  }
  return []
}

describe('a setting', () => {
  const kinds: [string, Setting<unknown>, [string, unknown][], string[]][] = [
    ['text', text({ help }), [['a b', 'a b']], []],
    ['path', path({ help }), [['data/x', 'data/x']], ['a\0b']],
    [
      'integer',
      integer({ help, min: -1, max: 10 }),
      [
        ['-1', -1],
        ['10', 10],
      ],
      ['11', '-2', '1.5', '1e1', ' 1', 'ten'],
    ],
    ['number', number({ help, min: 0, max: 1 }), [['0.25', 0.25]], ['1.1', '.5', 'NaN']],
    ['choice', choice(['one', 'two'], { help }), [['two', 'two']], ['Two', 'three']],
    [
      'flag',
      flag({ help }),
      [
        ['true', true],
        ['0', false],
      ],
      ['yes', 'TRUE'],
    ],
    [
      'duration',
      duration({ help, min: 1, max: 86_400_000 }),
      [
        ['250', 250],
        ['250ms', 250],
        ['5s', 5000],
        ['2m', 120_000],
        ['24h', 86_400_000],
      ],
      ['0', '2d', '-5s', '5 s', '1.5s', '5S'],
    ],
    ['list', list({ help }), [['a, b,,c ', ['a', 'b', 'c']]], []],
    [
      'url',
      url({ help }),
      [
        ['http://127.0.0.1:8000/', 'http://127.0.0.1:8000'],
        ['https://shop.example/api', 'https://shop.example/api'],
      ],
      ['127.0.0.1:8000', 'ftp://host', 'http://user:word@host', 'http://host/?a=1'],
    ],
    [
      'host',
      host({ help }),
      [
        ['127.0.0.1', '127.0.0.1'],
        ['::', '::'],
        ['[::1]', '::1'],
        ['shop.example', 'shop.example'],
      ],
      ['x86_64-conda-linux-gnu', '127.0.0.1:80', 'http://localhost', '-', 'a b'],
    ],
    [
      'networks',
      networks({ help }),
      [
        ['127.0.0.1', ['127.0.0.1']],
        ['::1, 10.0.0.0/8,', ['::1', '10.0.0.0/8']],
      ],
      ['localhost', '10.0.0.0/33', '127.0.0.1, proxy.example', 'https://10.0.0.1'],
    ],
    [
      'urls',
      urls({ help }),
      [
        ['http://a:1/', ['http://a:1']],
        ['http://a:1/, https://b:2', ['http://a:1', 'https://b:2']],
      ],
      [
        'nowhere',
        'http://a:1,',
        'http://a:1,,http://b:2',
        'http://a:1,ftp://b',
        'http://a,http://a/',
      ],
    ],
  ]

  test.each(kinds)(
    'of kind %s reads what it accepts and refuses the rest',
    (_, setting, good, bad) => {
      for (const [given, value] of good) expect(read(setting, given)).toEqual(value)
      for (const given of bad) expect(() => read(setting, given)).toThrow(ConfigError)
    },
  )

  test('falls back to its default when it is unset or empty', () => {
    const settings = {
      A: text({ help, default: 'x' }),
      B: integer({ help, default: 3, min: 1, max: 9 }),
    }
    expect(loadConfig(settings, { B: '' })).toEqual({ A: 'x', B: 3 })
  })

  test('may work its default out from other variables', () => {
    const settings = { B: text({ help, default: (env) => `${env.A}!` }) }
    expect(loadConfig(settings, { A: 'a' })).toEqual({ B: 'a!' })
  })
})

describe('a wrong environment', () => {
  const settings = {
    PORT: integer({ help, min: 0, max: 65_535 }),
    MODE: choice(['demo', 'production'], { help }),
    NAME: text({ help }),
  }

  test('is told in full, one sentence a mistake', () => {
    expect(mistakesOf(() => loadConfig(settings, { PORT: 'x', MODE: 'test' }))).toEqual([
      'PORT is "x", but it accepts a whole number from 0 to 65535.',
      'MODE is "test", but it accepts demo or production.',
      'NAME is not set; it accepts any text.',
    ])
  })

  test('never shows a secret', () => {
    const strict = { ...secret({ help }), parse: () => undefined }
    const [sentence] = mistakesOf(() => loadConfig({ KEY: strict }, { KEY: 'hunter2' }))
    expect(sentence).toContain('KEY is a secret value')
    expect(sentence).not.toContain('hunter2')
  })

  test('may break a rule between settings', () => {
    const rules = () => ['A must be below B.']
    expect(mistakesOf(() => loadConfig({}, {}, rules))).toEqual(['A must be below B.'])
  })
})

test('what is loaded is frozen and holds nothing that was not asked for', () => {
  const config = loadConfig({ A: text({ help }) }, { A: 'a', HOME: '/root' })
  expect(Object.keys(config)).toEqual(['A'])
  expect(Object.isFrozen(config)).toBe(true)
})

describe('the common settings', () => {
  const load = (env: Record<string, string>) => loadConfig(commonSettings, env, commonRules)

  test('need no environment at all', () => {
    const config: CommonConfig = load({})
    expect(config).toMatchObject({
      PROFILE: 'production',
      HOST: '127.0.0.1',
      PORT: 8000,
      STORE: 'sqlite',
      MAX_IN_FLIGHT: 2000,
      ACCESS_LOG_SAMPLE: 0.01,
      ORDER_URL: ['http://127.0.0.1:8002'],
    })
    expect(config.KEYS_DIR).toBe('data/keys')
  })

  test('look for the keys inside the data folder unless told otherwise', () => {
    expect(load({ DATA_DIR: '/var/shop' }).KEYS_DIR).toBe('/var/shop/keys')
    expect(load({ DATA_DIR: '/var/shop', KEYS_DIR: '/etc/keys' }).KEYS_DIR).toBe('/etc/keys')
  })

  test('allow any web origin in the demo profile alone', () => {
    expect(load({ PROFILE: 'demo', CORS_ORIGINS: '*' }).CORS_ORIGINS).toEqual(['*'])
    expect(mistakesOf(() => load({ CORS_ORIGINS: 'https://a.example,*' }))).toHaveLength(1)
  })

  test('let a copy drain for as long as the others need to notice', () => {
    const two = { CATALOG_URL: 'http://a:1,http://b:1', CHECK_INTERVAL_MS: '250' }
    expect(load({ ...two, DRAIN_DELAY_MS: '500' }).CATALOG_URL).toHaveLength(2)
    expect(mistakesOf(() => load({ DRAIN_DELAY_MS: '0' }))).toEqual([])
    const [mistake, ...more] = mistakesOf(() => load({ ...two, DRAIN_DELAY_MS: '499' }))
    expect(mistake).toMatch(/^DRAIN_DELAY_MS is 499, but [^\n]+ 500, [^\n]+\.$/)
    expect(more).toEqual([])
  })

  test('allow no second process on a file of SQLite', () => {
    expect(load({ STORE: 'cassandra', COPY: '1' }).COPY).toBe(1)
    expect(mistakesOf(() => load({ COPY: '1' }))).toEqual([
      'COPY is 1, but with STORE=sqlite one process per service owns its file: it is 0.',
    ])
  })

  test('of Cassandra are checked where it is used, and never show the password', () => {
    const wrong = {
      CASSANDRA_CONTACT_POINTS: ' , ',
      CASSANDRA_KEYSPACE_PREFIX: "shop'; DROP KEYSPACE x",
      CASSANDRA_DATACENTER: "dc1': 3}",
      CASSANDRA_PASSWORD: 'hunter2',
    }
    expect(mistakesOf(() => load(wrong))).toEqual([])
    const mistakes = mistakesOf(() => load({ ...wrong, STORE: 'cassandra' }))
    expect(mistakes.map((line) => line.split(' ')[0])).toEqual([
      'CASSANDRA_CONTACT_POINTS',
      'CASSANDRA_KEYSPACE_PREFIX',
      'CASSANDRA_DATACENTER',
      'CASSANDRA_USER',
    ])
    expect(mistakes.join()).not.toContain('hunter2')
    const user = { STORE: 'cassandra', CASSANDRA_USER: 'shop' }
    expect(mistakesOf(() => load(user))).toHaveLength(1)
    expect(load({ ...user, CASSANDRA_PASSWORD_FILE: '/run/secrets/p' }).CASSANDRA_USER).toBe('shop')
  })

  test('are each described with their default', () => {
    const rows = describeSettings(commonSettings)
    expect(rows.map((row) => row.variable)).toEqual(Object.keys(commonSettings))
    expect(rows.find((row) => row.variable === 'MAX_IN_FLIGHT')?.default).toBe('2000')
    expect(rows.filter((row) => row.help === '' || row.default === null)).toEqual([])
  })
})
