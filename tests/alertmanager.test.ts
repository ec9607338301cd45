/** A real Alertmanager before a Telegram of our own: what arrives, and what goes without saying. */
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { alertmanagerFiles, type AlertmanagerPlace } from '../infra/alertmanager/files.ts'
import { timesAt } from '../infra/prometheus/times.ts'
import { eventually } from './support/ledger.ts'
import { freePorts } from './support/ports.ts'
import { startServer, type Server } from './support/server.ts'
import { startTelegram } from './support/telegram.ts'
import { testsNeed } from './support/tools.ts'

setDefaultTimeout(60_000)

describe.skipIf(!testsNeed('prometheus-alertmanager'))('Alertmanager', () => {
  const directory = mkdtempSync(join(tmpdir(), 'alertmanager-'))
  const telegram = startTelegram()
  const { messages, texts } = telegram
  let url = ''
  let server: Server | null = null

  beforeAll(async () => {
    const place: AlertmanagerPlace = {
      telegram: {
        chatId: -100_500,
        token: { text: '42:secret' },
        apiUrl: telegram.url,
      },
    }
    for (const { path, text } of alertmanagerFiles(place, timesAt(0.01))) {
      writeFileSync(join(directory, path), text)
    }
    copyFileSync('infra/alertmanager/telegram.tmpl', join(directory, 'telegram.tmpl'))
    const [port = 0] = await freePorts(1)
    url = `http://127.0.0.1:${port}`
    server = await startServer(
      [
        'prometheus-alertmanager',
        `--config.file=${join(directory, 'alertmanager.yml')}`,
        `--storage.path=${join(directory, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--cluster.listen-address=',
      ],
      { ready: `${url}/-/ready`, logFile: join(directory, 'log') },
    )
  })
  afterAll(async () => {
    await server?.stop()
    await telegram.stop()
    rmSync(directory, { recursive: true, force: true })
  })

  interface Given {
    readonly alertname: string
    readonly severity: string
    readonly job: string
    readonly summary: string
  }

  /** As Prometheus does: all that it has to say at once. */
  async function post(alerts: readonly Given[], over = false): Promise<void> {
    const now = Date.now()
    const body = alerts.map(({ summary, ...labels }) => ({
      labels,
      annotations: {
        summary,
        description: `About ${summary}.`,
        runbook_url: 'http://localhost/docs/runbooks/outbox-lag',
      },
      startsAt: new Date(over ? now - 60_000 : now).toISOString(),
      endsAt: new Date(over ? now - 1_000 : now + 600_000).toISOString(),
    }))
    const answer = await fetch(`${url}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    expect(answer.status).toBe(200)
  }

  test('tells of an alert and of its end, with markup of annotations made harmless', async () => {
    const given = {
      alertname: 'OutboxLag',
      severity: 'warning',
      job: 'order',
      summary: '<b>5 & more</b>',
    }
    await post([given])
    await eventually('it was told', () => texts('OutboxLag').length > 0)
    const [first] = messages
    expect(first?.path).toBe('/bot42:secret/sendMessage')
    expect(first?.body).toMatchObject({ chat_id: '-100500', parse_mode: 'HTML' })
    expect(first?.body['text']).toMatch(
      /^<b>WARNING: 1 firing<\/b>\n\n<b>OutboxLag<\/b>: &lt;b&gt;5 &amp; more&lt;\/b&gt;\nAbout &lt;b&gt;5 &amp; more&lt;\/b&gt;\.\n<a href="http:\/\/localhost\/docs\/runbooks\/outbox-lag">What to do<\/a>, since \d\d:\d\d:\d\d UTC\s*$/,
    )
    await post([given], true)
    await eventually('its end was told', () => texts('RESOLVED').length > 0)
    expect(texts('RESOLVED')[0]).toMatch(
      /^<b>RESOLVED: 1<\/b>\n\n<b>OutboxLag<\/b>: &lt;b&gt;5 &amp; more&lt;\/b&gt;\nFrom \d\d:\d\d:\d\d to \d\d:\d\d:\d\d UTC\s*$/,
    )
  })
  test('puts what is equally bad into one message', async () => {
    const before = messages.length
    const base = { severity: 'critical', summary: 'is gone' }
    await post([
      { ...base, alertname: 'ServiceDown', job: 'cart' },
      { ...base, alertname: 'StockInvariantBroken', job: 'catalog' },
    ])
    await eventually('both were told', () => texts('StockInvariantBroken').length > 0)
    const [message = ''] = texts().slice(before)
    expect(message).toContain('CRITICAL: 2 firing')
    expect(message).toContain('ServiceDown')
  })
  test('says nothing of what follows from something worse', async () => {
    const quiet = { severity: 'warning', summary: 'is slow' }
    await post([
      { ...quiet, alertname: 'StoreSlow', job: 'cart' },
      { ...quiet, alertname: 'StoreSlow', job: 'user' },
      { ...quiet, alertname: 'CpuSaturated', job: 'user' },
    ])
    await eventually('the others were told', () => texts('CpuSaturated').length > 0)
    const [message = ''] = texts('CpuSaturated')
    expect(message).toContain('WARNING: 2 firing')
    const inhibited = await fetch(`${url}/api/v2/alerts?active=false&silenced=false`)
    expect(await inhibited.json()).toMatchObject([
      { labels: { alertname: 'StoreSlow', job: 'cart' } },
    ])
  })
})
