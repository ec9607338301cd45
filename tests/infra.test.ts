/** Generated configuration is what is committed, and the containers are the same system as the native stack. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'bun:test'
import { describeSettings } from '../core/config/config.ts'
import { commonSettings } from '../core/config/common.ts'
import { serviceNames } from '../core/values/service-name.ts'
import { chatPlaceholder } from '../infra/compose/place.ts'
import { images, jobs, metricsPort, ports, serviceMemory } from '../infra/topology.ts'
import { committedFiles } from '../scripts/infra.ts'
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
  readonly build?: { readonly dockerfile: string }
  readonly read_only?: boolean
  readonly cap_drop: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly entrypoint?: readonly string[]
  readonly volumes?: readonly string[]
  readonly ports?: readonly string[]
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly deploy: { readonly resources: { readonly limits: { readonly memory: string } } }
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
}

interface Compose {
  readonly services: Readonly<Record<string, Container>>
  readonly volumes: Readonly<Record<string, object>>
}

const compose = Bun.YAML.parse(read('docker-compose.yml')) as Compose
const containers = Object.entries(compose.services)
const serviceContainers = serviceNames.map((name) => compose.services[name] as Container)

test('what is generated is what is committed', async () => {
  for (const { path, text } of await committedFiles()) {
    expect([path, read(path)]).toEqual([path, text])
  }
})

describe.skipIf(!testsNeed('docker-compose'))('docker-compose', () => {
  test('accepts the file', () => {
    const { exitCode, stderr } = Bun.spawnSync(['docker-compose', 'config', '-q'], { cwd: root })
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
    expect(published.filter((text) => !text.startsWith('127.0.0.1:'))).toEqual(['80:80'])
  })
  test('pins every image', () => {
    for (const [name, { image = '' }] of containers) {
      expect([name, image]).toEqual([name, expect.stringMatching(/:(v?\d[\w.-]*|local)$/)])
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
  test('waits for what has to be there, and for nothing that is not', () => {
    for (const [name, { depends_on: needs = {} }] of containers) {
      for (const [needed, { condition }] of Object.entries(needs)) {
        const other = compose.services[needed]
        expect([name, needed, other !== undefined]).toEqual([name, needed, true])
        if (condition === 'service_healthy') expect(other?.healthcheck).toBeDefined()
      }
    }
    for (const { depends_on: needs } of serviceContainers) {
      expect(needs).toMatchObject({ keys: { condition: 'service_completed_successfully' } })
    }
  })
  test('mounts what is there', () => {
    for (const [name, { volumes = [] }] of containers) {
      for (const [from = ''] of volumes.map((volume) => volume.split(':'))) {
        if (from === '/') continue
        const found = from.startsWith('.') ? existsSync(join(root, from)) : from in compose.volumes
        expect([name, from, found]).toEqual([name, from, true])
      }
    }
  })
  test('sets nothing that the services do not read', () => {
    const others = ['BUN_CONFIG_MAX_HTTP_REQUESTS']
    const known = (settings: Parameters<typeof describeSettings>[0]) => [
      ...describeSettings(settings).map(({ variable }) => variable),
      ...others,
    ]
    for (const { environment = {} } of serviceContainers) {
      expect(known(commonSettings)).toEqual(expect.arrayContaining(Object.keys(environment)))
    }
    const { environment = {} } = compose.services['gateway'] as Container
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
  test('are scraped for the same jobs on the same ports', () => {
    const { scrape_configs: configs } = Bun.YAML.parse(read('infra/prometheus/prometheus.yml')) as {
      readonly scrape_configs: readonly {
        readonly job_name: string
        readonly static_configs: readonly { readonly targets: readonly string[] }[]
      }[]
    }
    const inContainers = configs.map((each) => [
      each.job_name,
      each.static_configs.flatMap(({ targets }) => targets),
    ])
    expect(inContainers.map(([job]) => job)).toEqual([...jobs])
    const command = parseStack([], {})
    if (command?.kind !== 'up') throw new Error('No stack.')
    const native = scrapeTargets(command.options, () => true)
    for (const [job, [target = '']] of inContainers as [keyof typeof metricsPort, string[]][]) {
      const [host = '', port] = target.split(':')
      expect([job, host in compose.services]).toEqual([job, true])
      expect(native[job]).toEqual([`127.0.0.${job === 'cassandra' ? 11 : 1}:${port}`])
      expect(Number(port)).toBe(ports[metricsPort[job]])
    }
  })
  test('nginx asks containers that there are', () => {
    const hosts = [...read('infra/nginx/nginx.conf').matchAll(/^ +server ([\w-]+):(\d+) /gm)]
    expect(hosts.map(([, host]) => host)).toEqual([...serviceNames, 'gateway', 'jaeger', 'locust'])
    for (const [, host = '', port] of hosts) {
      expect(compose.services[host]).toBeDefined()
      expect(Number(port)).toBe(ports[host as keyof typeof ports])
    }
  })
  test('run the same versions', () => {
    const dockerfile = read('infra/compose/shop.Dockerfile')
    expect(dockerfile).toContain(`FROM oven/bun:${packageJson.dependencies.bun}-slim\n`)
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
