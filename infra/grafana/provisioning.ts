/** What Grafana finds when it starts: where data comes from, and the folder of dashboards. */
import { generated, type FileText } from '../generated.ts'
import { jaegerPath, ports } from '../topology.ts'

/** The ids by which panels name their source. */
export const datasources = { prometheus: 'prometheus', jaeger: 'jaeger' } as const

/** Paths from Grafana's folder of provisioning. */
export const provisioningFiles: readonly FileText[] = [
  generated('datasources/datasources.yml', {
    apiVersion: 1,
    datasources: [
      {
        name: 'Prometheus',
        uid: datasources.prometheus,
        type: 'prometheus',
        access: 'proxy',
        url: `http://prometheus:${ports.prometheus}`,
        isDefault: true,
        jsonData: {
          timeInterval: '10s',
          httpMethod: 'POST',
          exemplarTraceIdDestinations: [{ name: 'trace_id', datasourceUid: datasources.jaeger }],
        },
      },
      {
        name: 'Jaeger',
        uid: datasources.jaeger,
        type: 'jaeger',
        access: 'proxy',
        url: `http://jaeger:${ports.jaeger}${jaegerPath}`,
      },
    ],
  }),
  generated('dashboards/dashboards.yml', {
    apiVersion: 1,
    providers: [
      {
        name: 'Product Store',
        type: 'file',
        allowUiUpdates: false,
        options: { path: '/etc/grafana/dashboards' },
      },
    ],
  }),
]
