/** The command line of the start command. */
import { describe, expect, test } from 'bun:test'
import { parseOptions } from './options.ts'

const started = (args: readonly string[], env: Record<string, string> = {}) => {
  const parsed = parseOptions(args, env)
  if (parsed.kind !== 'start') throw new Error(JSON.stringify(parsed))
  return parsed.options
}

const defaults = {
  port: 8080,
  servicesPort: 8000,
  dataDir: 'data',
  profile: 'demo',
  store: 'sqlite',
  copies: 1,
  runtime: 'bun',
  fast: false,
  watch: false,
  docs: true,
} as const

describe('the options', () => {
  test('have defaults', () => {
    expect(started([])).toEqual(defaults)
  })
  test('take their value after a space or an equals sign', () => {
    const args = [
      '--port',
      '9000',
      '--services-port=9100',
      '--data',
      'x y',
      '--fast',
      '--watch',
      '--no-docs',
    ]
    expect(
      started([
        ...args,
        '--profile=production',
        '--store',
        'sqlite',
        '--copies=1',
        '--runtime',
        'node',
      ]),
    ).toEqual({
      port: 9000,
      servicesPort: 9100,
      dataDir: 'x y',
      profile: 'production',
      store: 'sqlite',
      copies: 1,
      runtime: 'node',
      fast: true,
      watch: true,
      docs: false,
    })
  })
  test('win over the environment, which wins over the defaults', () => {
    const env = { PROFILE: 'production', DATA_DIR: '/var/shop', PORT: '1' }
    expect(started([], env)).toEqual({ ...defaults, profile: 'production', dataDir: '/var/shop' })
    expect(started(['--profile', 'demo', '--data', 'd'], env)).toEqual({
      ...defaults,
      dataDir: 'd',
    })
    expect(started([], { PROFILE: '', DATA_DIR: '' })).toEqual(defaults)
  })
})

describe('a cluster', () => {
  test('may have several copies of each service', () => {
    const wanted = { ...defaults, store: 'cassandra', copies: 2 } as const
    expect(started(['--store', 'cassandra', '--copies', '2'])).toEqual(wanted)
    expect(started(['--copies', '2'], { STORE: 'cassandra' })).toEqual(wanted)
  })
  test('leaves the gateway its port', () => {
    const copies = ['--store', 'cassandra', '--copies']
    expect(started([...copies, '8']).copies).toBe(8)
    const parsed = parseOptions([...copies, '9'], {})
    expect(parsed).toMatchObject({ kind: 'mistake', sentence: expect.stringContaining('8080') })
    expect(started([...copies, '9', '--port', '8085']).port).toBe(8085)
  })
})

describe('a mistake', () => {
  test('is told in one sentence that names it', () => {
    const mistakes: readonly (readonly [readonly string[], string])[] = [
      [['--nope'], '--nope'],
      [['shop'], 'shop'],
      [['--fast=yes'], '--fast=yes'],
      [['--port'], '--port'],
      [['--port', '--fast'], '--port'],
      [['--port='], '--port'],
      [['--port', '0'], '--port'],
      [['--port', '65536'], '--port'],
      [['--port', '80a'], '--port'],
      [['--services-port', '65532'], '--services-port'],
      [['--port', '8003'], '8003'],
      [['--port', '8004'], '8004'],
      [['--profile', 'test'], 'test'],
      [['--runtime', 'deno'], 'deno'],
      [['--store', 'redis'], 'redis'],
      [['--store', 'cassandra', '--services-port', '65500', '--copies', '5'], '65535'],
      [['--copies', '3'], '--copies'],
      [['--copies', 'many'], '--copies'],
    ]
    for (const [args, word] of mistakes) {
      const parsed = parseOptions(args, {})
      const sentence = parsed.kind === 'mistake' ? parsed.sentence : parsed.kind
      expect(sentence).toContain(word)
      expect(sentence).toMatch(/^[^\n]+\.$/)
    }
  })
  test('does not hide the help', () => {
    expect(parseOptions(['--help', '--port', '1'], {}).kind).toBe('help')
  })
})
