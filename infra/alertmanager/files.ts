/** The Alertmanager's configuration: who is told of what, how often, and what goes without saying. */
import type { Duration, Times } from '../prometheus/times.ts'
import { generated, type FileText } from '../generated.ts'

export interface Telegram {
  readonly chatId: number
  /** Path of a file that holds the bot's token, which Alertmanager knows from 0.26 on; or the token. */
  readonly token: { readonly file: string } | { readonly text: string }
  /** Telegram's own unless given. */
  readonly apiUrl?: string
}

export interface AlertmanagerPlace {
  /** Null keeps the alerts on Alertmanager's page alone. */
  readonly telegram: Telegram | null
}

/** Milliseconds matter to no reader: what comes within this time goes into one message. */
interface Pace {
  readonly wait: Duration
  readonly interval: Duration
  readonly repeat: Duration
}

const paces: Readonly<Record<'critical' | 'warning' | 'info', Pace>> = {
  critical: { wait: '10s', interval: '1m', repeat: '1h' },
  warning: { wait: '30s', interval: '5m', repeat: '4h' },
  info: { wait: '1m', interval: '30m', repeat: '24h' },
}

export function alertmanagerFiles(place: AlertmanagerPlace, time: Times): readonly FileText[] {
  return [generated('alertmanager.yml', alertmanagerConfig(place, time))]
}

function alertmanagerConfig({ telegram }: AlertmanagerPlace, time: Times): object {
  const receiver = telegram === null ? 'nobody' : 'telegram'
  return {
    global: { resolve_timeout: time('5m') },
    templates: ['*.tmpl'],
    route: {
      receiver,
      group_by: ['severity'],
      ...timing(paces.warning, time),
      routes: Object.entries(paces).map(([severity, pace]) => ({
        receiver,
        matchers: [`severity="${severity}"`],
        ...timing(pace, time),
      })),
    },
    inhibit_rules: inhibitions,
    receivers: [
      { name: receiver, ...(telegram !== null && { telegram_configs: [bot(telegram)] }) },
    ],
  }
}

const timing = ({ wait, interval, repeat }: Pace, time: Times): object => ({
  group_wait: time(wait),
  group_interval: time(interval),
  repeat_interval: time(repeat),
})

/** What follows from something worse is not told apart from it. */
const inhibitions = [
  {
    source_matchers: ['alertname="ServiceDown"'],
    target_matchers: ['severity=~"warning|info"'],
    equal: ['job'],
  },
  {
    source_matchers: ['alertname="ErrorBudgetBurnFast"'],
    target_matchers: ['alertname=~"ErrorBudgetBurnSlow|ErrorRateHigh"'],
    equal: ['job'],
  },
  {
    source_matchers: ['alertname="CassandraNodeDown"'],
    target_matchers: ['alertname=~"StoreSlow|CassandraDropsRequests"'],
  },
  {
    source_matchers: ['alertname="DiskAlmostFull"'],
    target_matchers: ['alertname="DiskFillsUp"'],
    equal: ['instance', 'mountpoint'],
  },
]

/** In HTML mode Alertmanager escapes what it fills in, so an annotation cannot make markup. */
function bot({ chatId, token, apiUrl }: Telegram): object {
  return {
    ...(apiUrl !== undefined && { api_url: apiUrl }),
    ...('file' in token ? { bot_token_file: token.file } : { bot_token: token.text }),
    chat_id: chatId,
    parse_mode: 'HTML',
    send_resolved: true,
    disable_notifications: false,
    message: '{{ template "telegram.shop" . }}',
  }
}
