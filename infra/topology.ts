/**
 * What the whole system consists of: names, ports, images and memory. The native stack, the compose
 * file and the scrape configuration are made from this one table, so that they cannot drift apart.
 */
import { serviceNames, type ServiceName } from '../core/values/service-name.ts'

export const ports = {
  nginx: 80,
  gateway: 8080,
  catalog: 8000,
  cart: 8001,
  order: 8002,
  user: 8003,
  gatewayMetrics: 8004,
  cassandra: 9042,
  cassandraMetrics: 7070,
  /** For nodetool, on the native stack alone. */
  cassandraJmx: 7291,
  prometheus: 9090,
  alertmanager: 9093,
  grafana: 3000,
  /** Page and API. */
  jaeger: 16686,
  /** Spans over OTLP/HTTP. */
  jaegerSpans: 4318,
  jaegerMetrics: 14269,
  locust: 8089,
  nginxStatus: 8081,
  nginxExporter: 9113,
  nodeExporter: 9100,
} as const

export type PortName = keyof typeof ports

/** What Prometheus scrapes, in the order of its page; the names are the `job` labels. */
export const jobs = [
  'prometheus',
  'nginx',
  'user',
  'order',
  'cart',
  'catalog',
  'cassandra',
  'jaeger',
  'node',
  'gateway',
] as const

export type Job = (typeof jobs)[number]

/** The port on which a job shows its metrics. */
export const metricsPort: Readonly<Record<Job, PortName>> = {
  prometheus: 'prometheus',
  nginx: 'nginxExporter',
  user: 'user',
  order: 'order',
  cart: 'cart',
  catalog: 'catalog',
  cassandra: 'cassandraMetrics',
  jaeger: 'jaegerMetrics',
  node: 'nodeExporter',
  gateway: 'gatewayMetrics',
}

/** The values of PROFILE and of STORE that the compose file knows. */
export const composeProfiles = ['demo', 'production'] as const
export type ComposeProfile = (typeof composeProfiles)[number]
export const stores = ['cassandra', 'sqlite'] as const
export type Store = (typeof stores)[number]

/** Official images, by version; infra/digests.json has the digests of those that were asked for. */
export const images = {
  bun: 'oven/bun:1.4.5-slim',
  /** Only while images are built: npm, and Maven for Cassandra's agent. */
  node: 'node:22.20-bookworm-slim',
  maven: 'maven:3.9-eclipse-temurin-17',
  cassandra: 'cassandra:5.0',
  nginx: 'nginx:1.28.0-alpine',
  prometheus: 'prom/prometheus:v2.55.1',
  alertmanager: 'prom/alertmanager:v0.28.1',
  grafana: 'grafana/grafana:12.1.1',
  jaeger: 'jaegertracing/all-in-one:1.76.0',
  locust: 'locustio/locust:2.47.0',
  nginxExporter: 'nginx/nginx-prometheus-exporter:1.4.2',
  nodeExporter: 'prom/node-exporter:v1.9.1',
} as const

/** Memory of one process of a service, in MiB; an alert tells before it is used up. */
export const serviceMemory = 512

/** Traces that Jaeger keeps in memory. */
export const keptTraces = 50_000

/** Path of Jaeger's page and API below the gateway's address. */
export const jaegerPath = '/jaeger'
export const locustPath = '/locust'

/** One copy of each service, at the address that is told. */
export const serviceAddresses = (
  addressOf: (service: ServiceName) => string,
): Readonly<Record<ServiceName, readonly string[]>> => {
  const entries = serviceNames.map((name) => [name, [addressOf(name)]])
  return Object.fromEntries(entries) as Record<ServiceName, string[]>
}
