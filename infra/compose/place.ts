/** Where the parts find each other in the compose file: by the names of its services. */
import type { AlertmanagerPlace } from '../alertmanager/files.ts'
import {
  jobs,
  metricsPort,
  ports,
  serviceAddresses,
  type ComposeProfile,
  type Job,
  type Store,
} from '../topology.ts'
import { demoProfile, productionProfile, type NginxPlace } from '../nginx/files.ts'
import type { PrometheusPlace } from '../prometheus/files.ts'

/** The compose service behind a job, where the two are called differently. */
const hosts: Partial<Readonly<Record<Job, string>>> = {
  nginx: 'nginx-exporter',
  node: 'node-exporter',
}

/** What PROFILE or STORE leaves out is not scraped: an absent container is no alert. */
const runs = (job: Job, profile: ComposeProfile, store: Store): boolean =>
  job === 'jaeger' ? profile === 'demo' : job === 'cassandra' ? store === 'cassandra' : true

const prometheus = (profile: ComposeProfile, store: Store): PrometheusPlace => ({
  targets: Object.fromEntries(
    jobs
      .filter((job) => runs(job, profile, store))
      .map((job) => [job, [`${hosts[job] ?? job}:${ports[metricsPort[job]]}`]]),
  ),
  alertmanagers: [`alertmanager:${ports.alertmanager}`],
  docs: 'http://localhost/docs',
})

/** The chat is put in at start: it is a setting of whoever runs the shop. */
export const chatPlaceholder = 1

const alertmanager: AlertmanagerPlace = {
  telegram: { chatId: chatPlaceholder, token: { file: '/etc/alertmanager/token' } },
}

const nginx = (profile: ComposeProfile): NginxPlace => ({
  listen: String(ports.nginx),
  statusListen: String(ports.nginxStatus),
  services: serviceAddresses((name) => `${name}:${ports[name]}`),
  gateway: `gateway:${ports.gateway}`,
  jaeger: profile === 'demo' ? `jaeger:${ports.jaeger}` : null,
  locust: profile === 'demo' ? `locust:${ports.locust}` : null,
  trustedProxies: [],
  corsOrigins: [],
  // Docker's own; a container that is made anew has a new address.
  resolver: '127.0.0.11',
  ...(profile === 'demo' ? demoProfile : productionProfile),
  files: {
    pid: '/tmp/nginx.pid',
    errorLog: '/dev/stderr',
    accessLog: '/dev/stdout',
    temporary: '/tmp',
  },
})

export const composePlace = { prometheus, alertmanager, nginx } as const
