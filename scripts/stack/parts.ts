/** Makes the parts of the stack ready to start: their programs, their configuration, their commands. */
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { alertmanagerFiles } from '../../infra/alertmanager/files.ts'
import type { FileText } from '../../infra/generated.ts'
import { authorityOf } from '../../core/values/authority.ts'
import { demoProfile, nginxFiles, productionProfile } from '../../infra/nginx/files.ts'
import { prometheusFiles } from '../../infra/prometheus/files.ts'
import { timesAt } from '../../infra/prometheus/times.ts'
import { jaegerPath, keptTraces, locustPath, serviceAddresses } from '../../infra/topology.ts'
import { prefixes } from '../../services/gateway/paths.ts'
import { pythonTool } from '../python/tool.ts'
import { cassandraEnv } from './cassandra.ts'
import { findJaeger } from './jaeger.ts'
import type { OptionalPart, StackOptions } from './options.ts'
import { isAbsent, type Absent, type Part } from './part.ts'
import { at, isLoopback, loopback, publicUrl, scrapeTargets } from './place.ts'
import { find, whyMissing, type ProgramName } from './programs.ts'
import { readTelegram } from './telegram.ts'

export interface Making {
  readonly root: string
  readonly options: StackOptions
  readonly say: (line: string) => void
}

/** All parts in the order of the table; what Prometheus and nginx are told depends on what else runs. */
export async function makeParts(making: Making): Promise<readonly (Part | Absent)[]> {
  const jaeger = await jaegerPart(making)
  const locust = locustPart(making)
  const runs = (part: Part | Absent): boolean => !isAbsent(part)
  const tools = { jaeger: runs(jaeger), locust: runs(locust) }
  const nginx = nginxPart(making, tools)
  const exporter = runs(nginx)
    ? nginxExporterPart(making)
    : { label: 'nginx exporter', reason: 'there is no nginx' }
  const node = nodeExporterPart(making)
  const alertmanager = alertmanagerPart(making)
  const prometheus = prometheusPart(making, {
    cassandra: making.options.store === 'cassandra',
    nginx: runs(exporter),
    jaeger: runs(jaeger),
    node: runs(node),
    alertmanager: runs(alertmanager),
    gateway: runs(nginx),
  })
  const pages = [jaeger, locust, prometheus, alertmanager]
  const links = pages.flatMap((part) => (isAbsent(part) ? [] : [`${part.label}=${part.address}`]))
  return [
    shopPart(making, { ...tools, nginx: runs(nginx), links }),
    nginx,
    prometheus,
    alertmanager,
    {
      label: 'Grafana',
      reason: 'Debian, npm, PyPI and Go have no Grafana; the compose file runs it',
    },
    jaeger,
    locust,
    exporter,
    node,
  ]
}

function shopPart(
  { root, options }: Making,
  running: {
    readonly jaeger: boolean
    readonly nginx: boolean
    /** What the documentation leads to. */
    readonly links: readonly string[]
  },
): Part {
  const { ports, dataDir, store, profile, fast } = options
  const gateway = `http://${at(ports.gateway)}`
  const health = ['', ...Object.values(prefixes)].map(
    (prefix) => `${gateway}${prefix}/health/ready`,
  )
  return {
    name: 'shop',
    label: 'Shop',
    command: [
      process.execPath,
      '--no-orphans',
      '--no-env-file',
      join(root, 'scripts/start.ts'),
      ...['--port', String(ports.gateway), '--services-port', String(ports.catalog)],
      ...['--data', dataDir, '--store', store, '--profile', profile],
      ...(fast ? ['--fast'] : []),
    ],
    env: {
      GATEWAY_LINKS: running.links.join(','),
      // The gateway's own pages are asked for by nginx.
      ...(running.nginx && { TRUSTED_PROXIES: process.env['TRUSTED_PROXIES'] ?? loopback }),
      ...(store === 'cassandra' && cassandraEnv(options)),
      ...(running.jaeger && {
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://${at(ports.jaegerSpans)}`,
      }),
    },
    health,
    // Keyspaces and tables are made at the first start, one after another.
    ...(store === 'cassandra' && { patience: 300_000 }),
    address: `http://localhost:${ports.gateway}/`,
    note: `its own gateway; services on ${ports.catalog} to ${ports.user}`,
    ports: [
      ports.gateway,
      ports.catalog,
      ports.cart,
      ports.order,
      ports.user,
      ports.gatewayMetrics,
    ],
  }
}

function nginxPart(
  making: Making,
  tools: { readonly jaeger: boolean; readonly locust: boolean },
): Part | Absent {
  const binary = programOf(making, 'nginx', 'nginx', 'nginx')
  if (typeof binary !== 'string') return binary
  const { options } = making
  const { ports } = options
  const host = process.env['HOST'] || loopback
  const onlyHere = isLoopback(host)
  const folder = folderOf(making, 'nginx')
  write(
    folder,
    nginxFiles({
      listen: authorityOf(host, ports.nginx),
      statusListen: at(ports.nginxStatus),
      services: serviceAddresses((name) => at(ports[name])),
      gateway: at(ports.gateway),
      // They have no password: other machines do not get to them.
      jaeger: tools.jaeger && onlyHere ? at(ports.jaeger) : null,
      locust: tools.locust && onlyHere ? at(ports.locust) : null,
      trustedProxies: [],
      corsOrigins: (process.env['CORS_ORIGINS'] ?? '').split(',').filter((each) => each !== ''),
      resolver: null,
      ...(options.profile === 'demo' ? demoProfile : productionProfile),
      files: {
        pid: join(folder, 'nginx.pid'),
        errorLog: 'stderr',
        accessLog: join(options.dataDir, 'logs/nginx-access.log'),
        temporary: folder,
      },
    }),
  )
  return {
    name: 'nginx',
    label: 'nginx',
    command: [binary, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'],
    health: [`http://${at(ports.nginxStatus)}/stub_status`],
    address: `${publicUrl(options, true)}/`,
    note: 'one address for everything',
    ports: [ports.nginx, ports.nginxStatus],
  }
}

interface Scraped {
  readonly cassandra: boolean
  readonly nginx: boolean
  readonly jaeger: boolean
  readonly node: boolean
  readonly alertmanager: boolean
  /** nginx stands before the shop. */
  readonly gateway: boolean
}

function prometheusPart(making: Making, running: Scraped): Part | Absent {
  const binary = programOf(making, 'prometheus', 'prometheus', 'Prometheus')
  if (typeof binary !== 'string') return binary
  const { options } = making
  const { ports } = options
  const folder = folderOf(making, 'prometheus')
  const optional: Readonly<Record<string, boolean>> = { ...running, gateway: true }
  write(
    folder,
    prometheusFiles({
      targets: scrapeTargets(options, (job) => optional[job] ?? true),
      alertmanagers: running.alertmanager ? [at(ports.alertmanager)] : [],
      docs: `${publicUrl(options, running.gateway)}/docs`,
      scale: options.scale,
    }),
  )
  return {
    name: 'prometheus',
    label: 'Prometheus',
    command: [
      binary,
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      '--storage.tsdb.retention.time=7d',
      '--storage.tsdb.retention.size=2GB',
      `--web.listen-address=${at(ports.prometheus)}`,
      `--web.external-url=http://localhost:${ports.prometheus}/`,
      '--enable-feature=exemplar-storage',
    ],
    health: [`http://${at(ports.prometheus)}/-/ready`],
    address: `http://localhost:${ports.prometheus}/`,
    note: 'metrics, rules, alerts',
    ports: [ports.prometheus],
  }
}

function alertmanagerPart(making: Making): Part | Absent {
  const binary = programOf(making, 'alertmanager', 'alertmanager', 'Alertmanager')
  if (typeof binary !== 'string') return binary
  const { root, options } = making
  const { ports } = options
  const folder = folderOf(making, 'alertmanager')
  const telegram = readTelegram(root, process.env)
  const place = { telegram: typeof telegram === 'string' ? null : telegram }
  write(folder, alertmanagerFiles(place, timesAt(options.scale)))
  // It may hold the bot's token.
  chmodSync(join(folder, 'alertmanager.yml'), 0o600)
  const template = 'telegram.tmpl'
  copyFileSync(join(root, 'infra/alertmanager', template), join(folder, template))
  return {
    name: 'alertmanager',
    label: 'Alertmanager',
    command: [
      binary,
      `--config.file=${join(folder, 'alertmanager.yml')}`,
      `--storage.path=${join(folder, 'data')}`,
      `--web.listen-address=${at(ports.alertmanager)}`,
      `--web.external-url=http://localhost:${ports.alertmanager}/`,
      '--cluster.listen-address=',
    ],
    health: [`http://${at(ports.alertmanager)}/-/ready`],
    address: `http://localhost:${ports.alertmanager}/`,
    note: typeof telegram === 'string' ? telegram : 'messages go to Telegram',
    ports: [ports.alertmanager],
  }
}

async function jaegerPart({ root, options, say }: Making): Promise<Part | Absent> {
  const label = 'Jaeger'
  if (options.without.has('jaeger')) return leftOut(label)
  const jaeger = await findJaeger(join(root, 'data/cache'), say)
  if (typeof jaeger === 'string') return { label, reason: jaeger }
  const { ports } = options
  return {
    name: 'jaeger',
    label,
    command: [
      jaeger.binary,
      `--memory.max-traces=${keptTraces}`,
      `--query.base-path=${jaegerPath}`,
      `--query.http-server.host-port=${at(ports.jaeger)}`,
      `--admin.http.host-port=${at(ports.jaegerMetrics)}`,
      `--collector.otlp.http.host-port=${at(ports.jaegerSpans)}`,
      // What the shop does not use takes whichever port is free.
      ...[
        'query.grpc-server',
        'collector.grpc-server',
        'collector.http-server',
        'collector.otlp.grpc',
      ].map((name) => `--${name}.host-port=${at(0)}`),
    ],
    health: [
      `http://${at(ports.jaegerMetrics)}/`,
      `http://${at(ports.jaeger)}${jaegerPath}/api/services`,
    ],
    address: `${publicUrl(options, true)}/search`,
    note: jaeger.hasPage
      ? 'traces'
      : `API only: built from the Go module, which has no page; ${jaegerPath}/api/traces`,
    ports: [ports.jaeger, ports.jaegerMetrics, ports.jaegerSpans],
  }
}

function locustPart({ root, options }: Making): Part | Absent {
  const label = 'Locust'
  if (options.without.has('locust')) return leftOut(label)
  let binary
  try {
    binary = pythonTool('locust')
  } catch (error) {
    return { label, reason: error instanceof Error ? error.message : String(error) }
  }
  const { ports } = options
  const url = `http://${at(ports.locust)}${locustPath}/`
  return {
    name: 'locust',
    label,
    command: [
      binary,
      ...['-f', join(root, 'infra/locust/locustfile.py')],
      ...['--host', `http://${at(options.without.has('nginx') ? ports.gateway : ports.nginx)}`],
      ...['--web-host', loopback, '--web-port', String(ports.locust)],
      ...['--web-base-path', locustPath],
    ],
    health: [url],
    address: `${publicUrl(options, true)}${locustPath}/`,
    note: 'load; start it with 10 users',
    ports: [ports.locust],
  }
}

function nginxExporterPart(making: Making): Part | Absent {
  const label = 'nginx exporter'
  const binary = programOf(making, 'nginx-exporter', 'nginxExporter', label)
  if (typeof binary !== 'string') return binary
  const { ports } = making.options
  return {
    name: 'nginx-exporter',
    label,
    command: [
      binary,
      `-nginx.scrape-uri=http://${at(ports.nginxStatus)}/stub_status`,
      `-web.listen-address=${at(ports.nginxExporter)}`,
      // It ends where nginx is not up yet.
      '-nginx.retries=60',
      '-nginx.retry-interval=1s',
    ],
    health: [`http://${at(ports.nginxExporter)}/metrics`],
    address: '',
    note: `metrics on ${ports.nginxExporter}`,
    ports: [ports.nginxExporter],
  }
}

function nodeExporterPart(making: Making): Part | Absent {
  const label = 'node exporter'
  const binary = programOf(making, 'node-exporter', 'nodeExporter', label)
  if (typeof binary !== 'string') return binary
  const { ports } = making.options
  return {
    name: 'node-exporter',
    label,
    command: [binary, `--web.listen-address=${at(ports.nodeExporter)}`],
    health: [`http://${at(ports.nodeExporter)}/`],
    address: '',
    note: `metrics of the machine on ${ports.nodeExporter}`,
    ports: [ports.nodeExporter],
  }
}

const leftOut = (label: string): Absent => ({
  label,
  reason: 'left out by --without or the profile',
})

function programOf(
  { options }: Making,
  part: OptionalPart,
  program: ProgramName,
  label: string,
): string | Absent {
  if (options.without.has(part)) return leftOut(label)
  return find(program) ?? { label, reason: whyMissing(program) }
}

/** A part's own folder below the data. */
function folderOf({ options }: Making, name: string): string {
  const folder = join(options.dataDir, 'stack', name)
  mkdirSync(folder, { recursive: true })
  return folder
}

function write(folder: string, files: readonly FileText[]): void {
  for (const { path, text } of files) writeFileSync(join(folder, path), text)
}
