/** The dashboard of what stands before the services: nginx, and the gateway that serves the pages. */
import type { Board } from './board.ts'
import { lines, rate, stat, window } from './panels.ts'
import { quantileOf } from '../prometheus/recording.ts'
import { targets } from '../prometheus/targets.ts'
import { machineRow } from './service-rows.ts'

const nginx = 'job="nginx",instance=~"$instance"'
const gateway = 'job="gateway"'

export const nginxBoard: Board = {
  name: 'nginx',
  title: 'Nginx',
  description: 'Connections and requests at the address of everything.',
  variables: { instance: 'label_values(nginx_up, instance)' },
  tracesOf: 'gateway',
  rows: [
    {
      title: 'At a glance',
      panels: [
        stat('Up', `min(nginx_up{${nginx}})`, { unit: 'short', least: 1 }),
        stat('Requests', `sum(rate(nginx_http_requests_total{${nginx}}[${window}]))`, {
          unit: 'reqps',
        }),
        stat('Open connections', `sum(nginx_connections_active{${nginx}})`, { unit: 'short' }),
        stat(
          'Connections not handled',
          `sum(nginx_connections_accepted{${nginx}}) - sum(nginx_connections_handled{${nginx}})`,
          { unit: 'short', limit: 1, description: 'Since its start, for want of a free one.' },
        ),
        stat(
          'Requests in a connection',
          `sum(rate(nginx_http_requests_total{${nginx}}[${window}])) / sum(rate(nginx_connections_accepted{${nginx}}[${window}]))`,
          { unit: 'short' },
        ),
      ],
    },
    {
      title: 'nginx',
      panels: [
        lines(
          'Requests by copy',
          { '{{instance}}': rate('nginx_http_requests_total', nginx, 'instance') },
          { unit: 'reqps' },
        ),
        lines(
          'Connections by what they do',
          Object.fromEntries(
            ['reading', 'writing', 'waiting'].map((each) => [
              each,
              `sum(nginx_connections_${each}{${nginx}})`,
            ]),
          ),
          { unit: 'short' },
        ),
        lines(
          'New connections',
          {
            accepted: rate('nginx_connections_accepted', nginx, 'job'),
            handled: rate('nginx_connections_handled', nginx, 'job'),
          },
          { unit: 'ops' },
        ),
      ],
    },
    {
      title: 'Through nginx, as the services see it',
      panels: [
        lines(
          'Requests by service',
          { '{{job}}': 'job:http_requests:rate5m' },
          { unit: 'reqps', limit: targets.requests },
        ),
        lines(
          'p99 by service',
          {
            '{{job}}': quantileOf({
              q: 0.99,
              metric: 'http_request_duration_seconds',
              labels: 'job',
              selector: 'job=~"catalog|cart|order|user"',
              window,
            }),
          },
          { unit: 's', limit: targets.p99, exemplars: true },
        ),
      ],
    },
    {
      title: 'The gateway of the shop',
      panels: [
        lines(
          'Requests by prefix',
          { '{{method}} {{route}}': rate('http_requests_total', gateway, 'method, route') },
          { unit: 'reqps' },
        ),
        lines(
          'Rate limit',
          {
            '{{key}} {{result}}': rate('rate_limit_decisions_total', gateway, 'key, result'),
            'more at once than its address may': rate(
              'http_requests_over_share_total',
              gateway,
              'job',
            ),
          },
          { unit: 'reqps' },
        ),
        lines(
          'Under way',
          {
            'in flight': `sum(http_requests_in_flight{${gateway}})`,
            'bodies that are awaited': `sum(http_request_bodies_waiting{${gateway}})`,
            'event streams': `sum(event_streams_open{${gateway}})`,
          },
          { unit: 'short' },
        ),
      ],
    },
    machineRow,
  ],
}
