/** Generated configuration is what is committed, and the containers are the same system as the native stack. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'bun:test'
import { describeSettings } from '../core/config/config.ts'
import { commonSettings } from '../core/config/common.ts'
import { serviceNames } from '../core/values/service-name.ts'
import { chatPlaceholder } from '../infra/compose/place.ts'
import { addresses } from '../infra/compose/shop.ts'
import { productionProfile } from '../infra/nginx/files.ts'
import {
  composeProfiles,
  images,
  jobs,
  metricsPort,
  ports,
  serviceMemory,
  stores,
} from '../infra/topology.ts'
import { committedFiles } from '../scripts/infra.ts'
import { which } from '../scripts/programs.ts'
import { parseOptions } from '../scripts/shop/options.ts'
import { jaegerVersion } from '../scripts/stack/jaeger.ts'
import { parseStack } from '../scripts/stack/options.ts'
import { scrapeTargets } from '../scripts/stack/place.ts'
import { gatewaySettings } from '../services/gateway/config.ts'
import packageJson from '../package.json'
import { testsNeed } from './support/tools.ts'

const root = join(import.meta.dir, '..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

/** As far as the tests look into it. */
interface Container {
  readonly image?: string
  readonly build?: { readonly dockerfile: string; readonly args: Readonly<Record<string, string>> }
  readonly read_only?: boolean
  readonly cap_drop: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly entrypoint?: readonly string[]
  readonly volumes?: readonly string[]
  readonly ports?: readonly string[]
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly deploy: { readonly resources: { readonly limits: { readonly memory: string } } }
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly command?: string | readonly string[]
  readonly extends?: { readonly file: string; readonly service: string }
  readonly networks?: readonly string[] | { readonly shop: { readonly ipv4_address: string } }
  /** Compose profiles: a container with some runs only where one of them is on. */
  readonly profiles?: readonly string[]
}

interface Compose {
  readonly services: Readonly<Record<string, Container>>
  readonly volumes: Readonly<Record<string, object>>
  readonly networks: {
    readonly shop: {
      readonly ipam: { readonly config: readonly { subnet: string; ip_range: string }[] }
    }
  }
}

const compose = Bun.YAML.parse(read('docker-compose.yml')) as Compose
const containers = Object.entries(compose.services)
const serviceContainers = serviceNames.map((name) => compose.services[name] as Container)

/** A text with the variables that Compose fills in, and the defaults of those that are not given. */
const filled = (text: string, env: Readonly<Record<string, string>>): string =>
  text.replace(/\$\{(\w+):-([^}]*)\}/g, (_, name: string, other: string) => env[name] || other)

const switches = (Bun.YAML.parse(read('infra/compose/switches.yml')) as Compose).services
const extended = (container: Container, env: Readonly<Record<string, string>>): Container => {
  if (container.extends === undefined) return container
  expect(container.extends.file).toBe('infra/compose/switches.yml')
  const base = switches[filled(container.extends.service, env)]
  expect(base).toBeDefined()
  const environment = { ...base?.environment, ...container.environment }
  return { ...base, ...container, environment }
}

/** What `docker compose up` runs with these variables. */
const running = (env: Readonly<Record<string, string>>): Readonly<Record<string, Container>> =>
  Object.fromEntries(
    containers
      .map(([name, container]) => [name, extended(container, env)] as const)
      .filter(([, { profiles = [] }]) => profiles.length === 0),
  )

/** Whether an IPv4 address belongs to `172.30.80.0/24`. */
function within(address: string, network: string): boolean {
  const bits = (text: string): number =>
    text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  const [base = '', length = '32'] = network.split('/')
  const size = 2 ** (32 - Number(length))
  return Math.floor(bits(address) / size) === Math.floor(bits(base) / size)
}

const variants = composeProfiles.flatMap((PROFILE) => stores.map((STORE) => ({ PROFILE, STORE })))

test('what is generated is what is committed', async () => {
  for (const { path, text } of await committedFiles()) {
    expect([path, read(path)]).toEqual([path, text])
  }
})

describe.skipIf(!testsNeed('docker-compose'))('docker-compose', () => {
  test.each(variants)('accepts the file: $PROFILE on $STORE', (variant) => {
    const env = { ...process.env, ...variant }
    const command = ['docker-compose', 'config', '-q']
    const { exitCode, stderr } = Bun.spawnSync(command, { cwd: root, env })
    expect([exitCode, stderr.toString()]).toEqual([0, ''])
  })
})

describe('the compose file', () => {
  test('is included by the one in infra/', () => {
    expect(Bun.YAML.parse(read('infra/docker-compose.yml'))).toEqual({
      include: ['../docker-compose.yml'],
    })
  })
  test('publishes the addresses that users know', () => {
    const published = containers.flatMap(([, { ports: each = [] }]) => each)
    const numbers = published.map((text) => Number(text.split(':').at(-2))).sort((a, b) => a - b)
    expect(numbers).toEqual([
      80, 3000, 8000, 8001, 8002, 8003, 8080, 8089, 9042, 9090, 9093, 16_686,
    ])
    // Loopback, unless the operator of a shop for customers says otherwise.
    const open = published.filter((text) => !text.startsWith('127.0.0.1:'))
    expect(open).toEqual(['${NGINX_ADDRESS:-127.0.0.1}:80:80'])
    expect(filled(open.join(), {})).toBe('127.0.0.1:80:80')
  })
  test('gives out no address that belongs to a container', () => {
    const [{ subnet, ip_range: range } = { subnet: '', ip_range: '' }] =
      compose.networks.shop.ipam.config
    const fixed = containers.flatMap(([, { networks }]) =>
      networks !== undefined && 'shop' in networks ? [networks.shop.ipv4_address] : [],
    )
    expect(fixed.sort()).toEqual([addresses.nginx, addresses.gateway].sort())
    for (const address of fixed) {
      expect([address, within(address, subnet)]).toEqual([address, true])
      expect([address, within(address, range)]).toEqual([address, false])
    }
  })
  test('pins every image', () => {
    for (const [name, { image = '' }] of containers) {
      expect([name, image]).toEqual([
        name,
        expect.stringMatching(/:(v?\d[\w.-]*|local)(@sha256:[\da-f]{64})?$/),
      ])
    }
  })
  test('limits every container and takes away what it does not need', () => {
    for (const [name, container] of containers) {
      expect([name, container.deploy.resources.limits.memory]).toEqual([
        name,
        expect.stringMatching(/^\d+M$/),
      ])
      expect([name, container.cap_drop]).toEqual([name, ['ALL']])
      expect([name, container.read_only ?? false]).toEqual([name, name !== 'cassandra'])
    }
    for (const { deploy } of serviceContainers) {
      expect(deploy.resources.limits.memory).toBe(`${serviceMemory}M`)
    }
  })
  test('knows of every container whether it is well', () => {
    const unknown = containers.filter(([, { healthcheck }]) => healthcheck === undefined)
    // The keys are made once; the exporter's image holds nothing that could ask.
    expect(unknown.map(([name]) => name)).toEqual(['keys', 'nginx-exporter'])
  })
  test.each(variants)('runs what $PROFILE on $STORE needs, and nothing else', (env) => {
    const names = Object.keys(running(env))
    const absent = Object.keys(compose.services).filter((name) => !names.includes(name))
    expect(absent.sort()).toEqual([
      ...(env.STORE === 'sqlite' ? ['cassandra'] : []),
      ...(env.PROFILE === 'production' ? ['jaeger', 'locust'] : []),
    ])
    const environments = Object.values(running(env)).map(({ environment = {} }) => environment)
    for (const [variable, value] of environments.flatMap(Object.entries)) {
      // An address of what does not run is no setting, the contact point of an unused store excepted.
      if (variable === 'CASSANDRA_CONTACT_POINTS') continue
      for (const name of absent) {
        expect([variable, value]).toEqual([
          variable,
          expect.not.stringMatching(new RegExp(`//${name}:|\\b${name}=`, 'i')),
        ])
      }
    }
  })
  test.each(variants)(
    '$PROFILE on $STORE waits for what has to be there, and for nothing that is not',
    (env) => {
      const there = running(env)
      for (const [name, { depends_on: needs = {} }] of Object.entries(there)) {
        for (const [needed, { condition }] of Object.entries(needs)) {
          const other = there[needed]
          expect([name, needed, other !== undefined]).toEqual([name, needed, true])
          if (condition === 'service_healthy') expect(other?.healthcheck).toBeDefined()
        }
      }
      for (const { depends_on: needs } of serviceContainers) {
        expect(needs).toMatchObject({ keys: { condition: 'service_completed_successfully' } })
      }
    },
  )
  test('mounts what is there', () => {
    const mounts = (env: Readonly<Record<string, string>>) =>
      containers.flatMap(([, { volumes = [] }]) => volumes).map((volume) => filled(volume, env))
    for (const from of new Set(variants.flatMap(mounts).map((volume) => volume.split(':')[0]))) {
      if (from === undefined || from === '/') continue
      const found = from.startsWith('.') ? existsSync(join(root, from)) : from in compose.volumes
      expect([from, found]).toEqual([from, true])
    }
  })
  test('sets nothing that the services do not read', () => {
    // What Bun itself reads.
    const others = ['BUN_CONFIG_MAX_HTTP_REQUESTS', 'no_proxy']
    const known = (settings: Parameters<typeof describeSettings>[0]) => [
      ...describeSettings(settings).map(({ variable }) => variable),
      ...others,
    ]
    for (const { environment = {} } of serviceContainers.map((each) => extended(each, {}))) {
      expect(known(commonSettings)).toEqual(expect.arrayContaining(Object.keys(environment)))
    }
    const { environment = {} } = extended(compose.services['gateway'] as Container, {})
    expect(Object.keys(environment)).toContain('GATEWAY_LINKS')
    expect(known(gatewaySettings)).toEqual(expect.arrayContaining(Object.keys(environment)))
  })
  test('lets each service have its own keys alone', () => {
    for (const name of serviceNames) {
      const { volumes = [] } = compose.services[name] as Container
      expect(volumes.filter((volume) => volume.includes('/keys'))).toEqual([
        `keys-${name}:/keys:ro`,
      ])
    }
  })
  test('tells the Alertmanager the chat', () => {
    const { entrypoint = [] } = compose.services['alertmanager'] as Container
    const [, script = ''] = /sed "([^"]+)"/.exec(entrypoint.at(-1) ?? '') ?? []
    const { stdout } = Bun.spawnSync(
      [
        'sed',
        script.replaceAll('$$TELEGRAM_CHAT_ID', '-42').replaceAll('$$', '$'),
        'infra/alertmanager/alertmanager.yml',
      ],
      { cwd: root },
    )
    const before = read('infra/alertmanager/alertmanager.yml')
    expect(before).toContain(`chat_id: ${chatPlaceholder}\n`)
    expect(stdout.toString()).toBe(before.replace(`chat_id: ${chatPlaceholder}`, 'chat_id: -42'))
  })
})

describe('containers and native stack', () => {
  test.each(variants)(
    'are scraped for the same jobs on the same ports: $PROFILE on $STORE',
    (env) => {
      const there = running(env)
      const { command = [] } = there['prometheus'] as Container
      const flag = [command].flat().find((each) => each.startsWith('--config.file=')) ?? ''
      const file = filled(flag, env).replace('--config.file=/etc', 'infra')
      const { scrape_configs: configs } = Bun.YAML.parse(read(file)) as {
        readonly scrape_configs: readonly {
          readonly job_name: string
          readonly static_configs: readonly { readonly targets: readonly string[] }[]
        }[]
      }
      const inContainers = configs.map((each) => [
        each.job_name,
        each.static_configs.flatMap(({ targets }) => targets),
      ])
      expect(inContainers.map(([job]) => job)).toEqual(
        jobs.filter((job) => job in there || !(job in compose.services)),
      )
      const stack = parseStack([], {})
      if (stack?.kind !== 'up') throw new Error('No stack.')
      const native = scrapeTargets(stack.options, () => true)
      for (const [job, [target = '']] of inContainers as [keyof typeof metricsPort, string[]][]) {
        const [host = '', port] = target.split(':')
        expect([job, host in there]).toEqual([job, true])
        expect(native[job]).toEqual([`127.0.0.${job === 'cassandra' ? 11 : 1}:${port}`])
        expect(Number(port)).toBe(ports[metricsPort[job]])
      }
    },
  )
  test.each(variants)('nginx asks containers that there are: $PROFILE on $STORE', (env) => {
    const there = running(env)
    const [mount = ''] = there['nginx']?.volumes ?? []
    const config = read(filled(mount, env).split(':')[0] ?? '')
    const hosts = [...config.matchAll(/^ +server ([\w-]+):(\d+) /gm)]
    const tools = env.PROFILE === 'demo' ? ['jaeger', 'locust'] : []
    expect(hosts.map(([, host]) => host)).toEqual([...serviceNames, 'gateway', ...tools])
    for (const [, host = '', port] of hosts) {
      expect([host, host in there]).toEqual([host, true])
      expect(Number(port)).toBe(ports[host as keyof typeof ports])
    }
    if (env.PROFILE === 'production') {
      expect(config).not.toMatch(/jaeger|locust|search/)
      expect(config).toContain(`rate=${productionProfile.rate}r/s;`)
      expect(config).toContain('00-$caller-00;')
    }
  })
  test('run the same versions', () => {
    expect<string>(images.bun).toBe(`oven/bun:${packageJson.dependencies.bun}-slim`)
    // Built without Compose, the Dockerfiles take the same tags.
    for (const { build } of Object.values(compose.services)) {
      if (build === undefined) continue
      const { dockerfile, args } = build
      const bases = Object.entries(args).map(
        ([name, image]) => `ARG ${name}=${image.split('@')[0]}`,
      )
      const defaults = Array.from(read(dockerfile).matchAll(/^ARG .*$/gm), ([line]) => line)
      expect(defaults.sort()).toEqual(bases.sort())
      expect(read(dockerfile)).not.toMatch(/^FROM (?!\$\{|dependencies )/m)
    }
    const agent = /jmx_prometheus_javaagent-[\d.]+\.jar/
    expect(agent.exec(read('infra/compose/cassandra.Dockerfile'))?.[0]).toBe(
      agent.exec(read('infra/cassandra/jmx_exporter.sha256'))?.[0],
    )
    expect(images.jaeger).toEndWith(`:${jaegerVersion}`)
    expect(read('infra/locust/requirements.txt')).toContain(
      `locust==${images.locust.split(':')[1]}`,
    )
  })
  test('every Dockerfile copies what is there', () => {
    for (const [, { build }] of containers) {
      if (build === undefined) continue
      for (const [, sources = ''] of read(build.dockerfile).matchAll(
        /^COPY (?!--from)(.+) \S+$/gm,
      )) {
        for (const source of sources.split(' ')) {
          expect([source, existsSync(join(root, source))]).toEqual([source, true])
        }
      }
    }
  })
})

describe('the unit of systemd', () => {
  const file = 'infra/systemd/product-store.service'

  test('gives the launcher longer than that gives its processes', () => {
    const limit = /^const stopLimit = (\d+)_000$/m.exec(read('scripts/start.ts'))?.[1]
    const timeout = /^TimeoutStopSec=(\d+)$/m.exec(read(file))?.[1]
    expect(Number(timeout)).toBeGreaterThan(Number(limit))
  })

  test('starts a script that is there, with options that it knows', () => {
    const [, script = '', options = ''] = /scripts\/run\.mjs (\S+) (.*)$/m.exec(read(file)) ?? []
    expect(existsSync(join(root, script))).toBe(true)
    expect(parseOptions(options.split(' '), {})).toMatchObject({
      kind: 'start',
      options: { profile: 'production', docs: false },
    })
  })

  const analyze = which('systemd-analyze')
  test.skipIf(analyze === null)('has no mistake that systemd finds', () => {
    const { exitCode, stderr } = Bun.spawnSync([analyze ?? '', 'verify', join(root, file)])
    expect([stderr.toString(), exitCode]).toEqual(['', 0])
  })
})
