/** nginx as the gateway of a deployment: its configuration, filled in for one place. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { serviceNames, type ServiceName } from '../../core/values/service-name.ts'
import { gatewayMark } from '../../core/http/gateway-mark.ts'
import { badTargets, type BadTarget } from '../../core/http/target.ts'
import { internalHeaders } from '../../services/gateway/headers.ts'
import { prefixes } from '../../services/gateway/paths.ts'
import { jaegerPath, locustPath } from '../topology.ts'
import type { FileText } from '../generated.ts'
import { corsOrigins, errorPages, exposedHeaders, preflight, problemLocations } from './problems.ts'

export interface NginxPlace {
  /** What nginx's `listen` takes: a port, or an address and a port. */
  readonly listen: string
  /** The same for the page that the exporter reads. */
  readonly statusListen: string
  /** `host:port` of every copy of every service. */
  readonly services: Readonly<Record<ServiceName, readonly string[]>>
  /** `host:port` of the Bun gateway, which has the pages: /, /docs/, /swagger/, /profiles/. */
  readonly gateway: string
  /** Null where it does not run; its paths are 404 then. */
  readonly jaeger: string | null
  readonly locust: string | null
  /** Addresses or networks whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[]
  /** Origins whose pages may read what nginx answers itself; the services have the same in CORS_ORIGINS. */
  readonly corsOrigins: readonly string[]
  /** Asked anew for the services' names every few seconds, from nginx 1.27.3 on; null where they are addresses. */
  readonly resolver: string | null
  /** Requests a second from one address on average, and at once. */
  readonly rate: number
  readonly burst: number
  readonly connections: number
  /** Whether anybody may ask for a trace by the sampled flag: the services believe nginx. */
  readonly anybodyTraces: boolean
  /** Time until an answer must have begun; longer than a checkout may take. */
  readonly readTimeout?: `${number}${'s' | 'ms'}`
  readonly files: {
    readonly pid: string
    readonly errorLog: string
    readonly accessLog: string
    /** Folder that holds what does not fit into memory. */
    readonly temporary: string
  }
}

/** Limits far above what one machine can ask. */
export const demoProfile = {
  rate: 100_000,
  burst: 100_000,
  connections: 20_000,
  anybodyTraces: true,
} as const
export const productionProfile = {
  rate: 50,
  burst: 200,
  connections: 100,
  anybodyTraces: false,
} as const

const template = readFileSync(join(import.meta.dir, 'nginx.conf.template'), 'utf8')

export function nginxFiles(place: NginxPlace): readonly FileText[] {
  const values: Readonly<Record<string, string>> = {
    PID: place.files.pid,
    ERROR_LOG: place.files.errorLog,
    ACCESS_LOG: place.files.accessLog,
    TEMP: place.files.temporary,
    LISTEN: place.listen,
    STATUS_LISTEN: place.statusListen,
    RESOLVER: place.resolver === null ? '' : `  resolver ${place.resolver} valid=5s ipv6=off;`,
    UPSTREAMS: upstreams(place).join('\n\n'),
    BAD_PATHS: lines(4, badTargets.map(mapLine)),
    BAD_TARGETS: lines(4, badTargets.filter(({ inQuery }) => inQuery === true).map(mapLine)),
    GATEWAY_MARK: gatewayMark,
    PREFIXES: lines(4, routes(place)),
    TRUSTED: lines(
      4,
      place.trustedProxies.map((address) => `${address} 1;`),
    ),
    REAL_IP: lines(2, realAddress(place.trustedProxies)),
    RATE: String(place.rate),
    BURST: String(place.burst),
    CONNECTIONS: String(place.connections),
    TRACEPARENT: place.anybodyTraces ? '$http_traceparent' : '00-$caller-00',
    READ_TIMEOUT: place.readTimeout ?? '10s',
    CORS_ORIGINS: lines(4, corsOrigins(place.corsOrigins)),
    CORS_EXPOSED: exposedHeaders,
    PREFLIGHT: lines(6, preflight),
    INTERNAL_HEADERS: lines(
      2,
      internalHeaders.map((name) => `proxy_set_header ${name} "";`),
    ),
    ERROR_PAGES: lines(4, errorPages),
    PAGES: lines(4, pages(place)),
    PROBLEMS: lines(4, problemLocations),
  }
  const text = template.replace(/@([A-Z_]+)@/g, (_, name: string) => {
    const value = values[name]
    if (value === undefined)
      throw new Error(`The nginx template names ${name}, which nobody fills.`)
    return value
  })
  return [{ path: 'nginx.conf', text: text.replace(/[ \t]+$/gm, '').replace(/\n{3,}/g, '\n\n') }]
}

const lines = (indent: number, texts: readonly string[]): string =>
  texts.map((text) => ' '.repeat(indent) + text).join('\n')

const mapLine = ({ pattern }: BadTarget): string => `${quoted(`~*${pattern}`)} 1;`

/** Between quotes nginx takes a backslash before itself or a quote away: `[\\#]` would be `#` alone. */
const quoted = (text: string): string => `"${text.replace(/[\\"]/g, '\\$&')}"`

const realAddress = (proxies: readonly string[]): readonly string[] =>
  proxies.length === 0
    ? []
    : [
        ...proxies.map((proxy) => `set_real_ip_from ${proxy};`),
        'real_ip_header X-Forwarded-For;',
        'real_ip_recursive off;',
      ]

/**
 * Round robin; a copy that fails is left out for two seconds. Connections are kept for less time than
 * the services keep them, so that no request meets one that is being closed.
 */
function upstreams({ services, gateway, jaeger, locust, resolver }: NginxPlace): readonly string[] {
  const all: readonly (readonly [string, readonly string[]])[] = [
    ...serviceNames.map((name) => [name, services[name]] as const),
    ['gateway', [gateway]],
    ...(jaeger === null ? [] : ([['jaeger', [jaeger]]] as const)),
    ...(locust === null ? [] : ([['locust', [locust]]] as const)),
  ]
  const resolve = resolver === null ? '' : ' resolve'
  return all.map(([name, addresses]) =>
    [
      `  upstream ${name} {`,
      `    zone ${name} 64k;`,
      ...addresses.map((address) => `    server ${address} max_fails=1 fail_timeout=2s${resolve};`),
      '    keepalive 64;',
      '    keepalive_timeout 30s;',
      '    keepalive_requests 100000;',
      '  }',
    ].join('\n'),
  )
}

function routes({ jaeger, locust }: NginxPlace): readonly string[] {
  const found: (readonly [string, string])[] = serviceNames.map((name) => [prefixes[name], name])
  if (jaeger !== null) found.push([jaegerPath, 'jaeger'])
  if (locust !== null) found.push([locustPath, 'locust'])
  return found.map(([prefix, name]) => `"~^${prefix}(/|\\?|$)" ${name};`)
}

/** Jaeger's page is known by the address /search. */
function pages({ jaeger, locust }: NginxPlace): readonly string[] {
  return [
    ...(jaeger === null ? [] : [page('/search', `return 302 ${jaegerPath}/search$is_args$args;`)]),
    ...(locust === null ? [] : [page(locustPath, `return 302 ${locustPath}/;`)]),
  ]
}

/** nginx finds a location by the path after normalising it, so what was sent is judged in each. */
const page = (path: string, answer: string): string =>
  `location = ${path} { if ($ambiguous) { return 400; } ${answer} }`
