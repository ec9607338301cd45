/** The containers around the shop: its database, nginx before it, and what watches and loads it. */
import { image } from '../images.ts'
import { jaegerPath, keptTraces, locustPath, ports } from '../topology.ts'
import { chatPlaceholder } from './place.ts'
import { wget, type ServicePlan } from './service.ts'
import { addresses } from './shop.ts'

const published = (port: number): readonly string[] => [`127.0.0.1:${port}:${port}`]

export const watchingServices: Readonly<Record<string, ServicePlan>> = {
  cassandra: {
    extends: 'cassandra',
    image: 'product-store-cassandra:local',
    build: {
      context: '.',
      dockerfile: 'infra/compose/cassandra.Dockerfile',
      args: { CASSANDRA_IMAGE: image('cassandra'), MAVEN_IMAGE: image('maven') },
    },
    environment: {
      CASSANDRA_CLUSTER_NAME: 'shop',
      CASSANDRA_DC: 'datacenter1',
      CASSANDRA_ENDPOINT_SNITCH: 'GossipingPropertyFileSnitch',
      MAX_HEAP_SIZE: '1024M',
      HEAP_NEWSIZE: '256M',
      JVM_EXTRA_OPTS: `-javaagent:/opt/jmx_prometheus_javaagent.jar=${ports.cassandraMetrics}:/opt/jmx_exporter.yml`,
    },
    volumes: [
      'cassandra-data:/var/lib/cassandra',
      './infra/cassandra/jmx_exporter.yml:/opt/jmx_exporter.yml:ro',
    ],
    publish: published(ports.cassandra),
    health: { test: ['CMD-SHELL', 'nodetool status | grep -q ^UN'], start: 120 },
    memory: 2048,
    cpus: '2.0',
    grace: '60s',
    // Its start script writes its configuration in place and changes to its user.
    writableRoot: true,
    capabilities: ['CHOWN', 'SETUID', 'SETGID', 'DAC_OVERRIDE'],
  },
  nginx: {
    image: image('nginx'),
    user: '101:101',
    command: ['nginx', '-c', '/etc/shop/nginx.conf'],
    volumes: ['./infra/nginx/nginx.${PROFILE:-demo}.conf:/etc/shop/nginx.conf:ro'],
    // The demo has pages without a password; production may be opened, best behind a TLS proxy.
    publish: [`\${NGINX_ADDRESS:-127.0.0.1}:${ports.nginx}:${ports.nginx}`],
    needs: { gateway: 'healthy' },
    health: wget(ports.nginxStatus, '/stub_status'),
    memory: 256,
    address: addresses.nginx,
  },
  prometheus: {
    image: image('prometheus'),
    command: [
      '--config.file=/etc/prometheus/prometheus.${PROFILE:-demo}.${STORE:-cassandra}.yml',
      '--storage.tsdb.path=/prometheus',
      '--storage.tsdb.retention.time=7d',
      '--storage.tsdb.retention.size=2GB',
      `--web.external-url=http://localhost:${ports.prometheus}/`,
      '--enable-feature=exemplar-storage',
    ],
    volumes: ['./infra/prometheus:/etc/prometheus:ro', 'prometheus-data:/prometheus'],
    publish: published(ports.prometheus),
    health: wget(ports.prometheus, '/-/ready'),
    memory: 1024,
  },
  alertmanager: {
    image: image('alertmanager'),
    environment: { TELEGRAM_CHAT_ID: `\${TELEGRAM_CHAT_ID:-${chatPlaceholder}}` },
    // The chat is a setting and the file is not: Alertmanager itself reads no environment.
    entrypoint: [
      '/bin/sh',
      '-c',
      [
        `sed "s/chat_id: ${chatPlaceholder}$$/chat_id: $$TELEGRAM_CHAT_ID/" /etc/alertmanager/alertmanager.yml > /tmp/alertmanager.yml`,
        'cp /etc/alertmanager/telegram.tmpl /tmp/',
        `exec /bin/alertmanager --config.file=/tmp/alertmanager.yml --storage.path=/alertmanager --cluster.listen-address= --web.external-url=http://localhost:${ports.alertmanager}/`,
      ].join(' && '),
    ],
    volumes: ['./infra/alertmanager:/etc/alertmanager:ro', 'alertmanager-data:/alertmanager'],
    publish: published(ports.alertmanager),
    health: wget(ports.alertmanager, '/-/ready'),
    memory: 128,
  },
  grafana: {
    image: image('grafana'),
    environment: {
      GF_SECURITY_ADMIN_USER: 'admin',
      GF_SECURITY_ADMIN_PASSWORD: '${GRAFANA_PASSWORD:-admin}',
      GF_USERS_ALLOW_SIGN_UP: 'false',
      GF_ANALYTICS_REPORTING_ENABLED: 'false',
      GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
    },
    volumes: [
      './infra/grafana/provisioning:/etc/grafana/provisioning:ro',
      './infra/grafana/dashboards:/etc/grafana/dashboards:ro',
      'grafana-data:/var/lib/grafana',
    ],
    publish: published(ports.grafana),
    needs: { prometheus: 'started' },
    health: wget(ports.grafana, '/api/health'),
    memory: 512,
  },
  jaeger: {
    extends: 'demoOnly',
    image: image('jaeger'),
    command: [
      `--memory.max-traces=${keptTraces}`,
      `--query.base-path=${jaegerPath}`,
      `--admin.http.host-port=:${ports.jaegerMetrics}`,
      `--collector.otlp.http.host-port=:${ports.jaegerSpans}`,
    ],
    publish: published(ports.jaeger),
    health: wget(ports.jaegerMetrics, '/'),
    memory: 512,
  },
  locust: {
    extends: 'demoOnly',
    image: image('locust'),
    command: [
      ...['-f', '/mnt/locust/locustfile.py'],
      ...['--host', 'http://nginx'],
      ...['--web-port', String(ports.locust), '--web-base-path', locustPath],
    ],
    volumes: ['./infra/locust:/mnt/locust:ro'],
    publish: published(ports.locust),
    health: {
      test: [
        'CMD',
        'python3',
        '-c',
        `import urllib.request; urllib.request.urlopen("http://127.0.0.1:${ports.locust}${locustPath}/")`,
      ],
    },
    memory: 512,
  },
  'nginx-exporter': {
    image: image('nginxExporter'),
    command: [
      `--nginx.scrape-uri=http://nginx:${ports.nginxStatus}/stub_status`,
      `--web.listen-address=:${ports.nginxExporter}`,
    ],
    needs: { nginx: 'healthy' },
    memory: 64,
    cpus: '0.2',
  },
  'node-exporter': {
    image: image('nodeExporter'),
    command: ['--path.rootfs=/host', `--web.listen-address=:${ports.nodeExporter}`],
    volumes: ['/:/host:ro'],
    health: wget(ports.nodeExporter, '/'),
    memory: 64,
    cpus: '0.2',
  },
}

export const watchingVolumes: readonly string[] = [
  'cassandra-data',
  'prometheus-data',
  'alertmanager-data',
  'grafana-data',
]
