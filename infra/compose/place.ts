/** Where the parts find each other in the compose file: by the names of its services. */
import type { AlertmanagerPlace } from '../alertmanager/files.ts'
import { jobs, metricsPort, ports, serviceAddresses, type Job } from '../topology.ts'
import { demoProfile, type NginxPlace } from '../nginx/files.ts'
import type { PrometheusPlace } from '../prometheus/files.ts'

/** The compose service behind a job, where the two are called differently. */
const hosts: Partial<Readonly<Record<Job, string>>> = {
  nginx: 'nginx-exporter',
  node: 'node-exporter',
}

const targets = Object.fromEntries(
  jobs.map((job) => [job, [`${hosts[job] ?? job}:${ports[metricsPort[job]]}`]]),
)

const prometheus: PrometheusPlace = {
  targets,
  alertmanagers: [`alertmanager:${ports.alertmanager}`],
  docs: 'http://localhost/docs',
}

/** The chat is put in at start: it is a setting of whoever runs the shop. */
export const chatPlaceholder = 1

const alertmanager: AlertmanagerPlace = {
  telegram: { chatId: chatPlaceholder, token: { file: '/etc/alertmanager/token' } },
}

const nginx: NginxPlace = {
  listen: String(ports.nginx),
  statusListen: String(ports.nginxStatus),
  services: serviceAddresses((name) => `${name}:${ports[name]}`),
  gateway: `gateway:${ports.gateway}`,
  jaeger: `jaeger:${ports.jaeger}`,
  locust: `locust:${ports.locust}`,
  trustedProxies: [],
  // Docker's own; a container that is made anew has a new address.
  resolver: '127.0.0.11',
  ...demoProfile,
  files: {
    pid: '/tmp/nginx.pid',
    errorLog: '/dev/stderr',
    accessLog: '/dev/stdout',
    temporary: '/tmp',
  },
}

export const composePlace = { prometheus, alertmanager, nginx } as const
