/**
 * Everything that docs/reproduce_alerts.md causes by its commands, on the real stack under light load:
 * the alert fires and is told, nobody is woken for more, and its end is told. What wakes nobody goes
 * on all at once, in services of its own: each is still told as itself.
 */
import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { faultKinds } from '../../core/faults/faults.ts'
import { eventually } from '../support/ledger.ts'
import { commandsBelow, headings, shellAt } from '../support/reproduce-page.ts'
import { patience, stackPrograms, testStack } from '../support/stack.ts'
import { testsNeed } from '../support/tools.ts'

setDefaultTimeout(300_000)

interface Incident {
  /** Below which the page has its commands: the first one begins it, the last one ends it. */
  readonly heading: string
  /** The alert that is told, and of which job. */
  readonly alert: string
  readonly job: string
  /** Critical alerts that may fire, `alert job`, with the reason. */
  readonly pages: Readonly<Record<string, string>>
}

/** In the order of the page. */
const incidents: readonly Incident[] = [
  { heading: 'Latency', alert: 'LatencyP99High', job: 'catalog', pages: {} },
  {
    heading: 'Errors',
    alert: 'ErrorBudgetBurnFast',
    job: 'user',
    pages: {
      'ErrorBudgetBurnFast user': 'it is the alert of this incident',
      'ErrorBudgetBurnFast gateway': 'it hands the errors on to customers',
    },
  },
  { heading: 'Slow store', alert: 'StoreSlow', job: 'cart', pages: {} },
  { heading: 'Busy processor', alert: 'EventLoopBlocked', job: 'user', pages: {} },
  { heading: 'Leaking memory', alert: 'MemoryHigh', job: 'catalog', pages: {} },
  { heading: 'Stuck outbox', alert: 'OutboxLag', job: 'order', pages: {} },
  {
    heading: 'A service that hangs',
    alert: 'ServiceDown',
    job: 'cart',
    pages: {
      'ServiceDown cart': 'it is the alert of this incident',
      'ErrorBudgetBurnFast gateway': 'it answers 503 in place of the cart',
    },
  },
  { heading: 'A part that watches and hangs', alert: 'TargetDown', job: 'node', pages: {} },
]

test('every incident of the page is here, and every kind of fault is on the page', () => {
  expect(headings).toEqual(['Before', ...incidents.map(({ heading }) => heading), 'More by hand'])
  const commands = headings.flatMap(commandsBelow).join('\n')
  const planted = [...commands.matchAll(/"kind":"(\w+)"/g)].map(([, kind]) => kind)
  expect(planted).toEqual([...faultKinds])
})

const able = testsNeed(...stackPrograms, 'curl')

describe.skipIf(!able)('an incident', async () => {
  if (!able) return
  const [, signIn = '', load = ''] = commandsBelow('Before')
  const stack = await testStack(['--without', 'jaeger,locust', '--fast'])
  await stack.up()
  const { telegram } = stack
  // Before any fault: one of them is at the service that signs in.
  const token = await shellAt(stack).run(`${signIn}\nprintf %s "$TOKEN"`)
  const shell = shellAt(stack, token)
  const endLoad = shell.start(load)
  afterAll(async () => {
    await endLoad()
    await stack.stop()
  })

  /** Critical alerts that have fired at any time. */
  async function paged(): Promise<readonly string[]> {
    const fired = 'last_over_time(ALERTS{alertstate="firing",severity="critical"}[1h])'
    const found = await stack.query(fired)
    return found.map(({ alertname, job }) => `${alertname} ${job}`)
  }

  test('is not there while customers buy and all is well', async () => {
    const served = 'job:http_requests:rate5m{job=~"catalog|cart|order|user|gateway"} > 0.5'
    await eventually(
      'all is scraped and customers are served',
      async () => (await stack.scraped()).length === 8 && (await stack.query(served)).length === 5,
      patience,
    )
    expect(await stack.firing()).toEqual([])
  })

  const allowed = new Set<string>()
  /** Causes them all, waits until each is told, and ends them. */
  async function happen(those: readonly Incident[]): Promise<void> {
    for (const page of those.flatMap(({ pages }) => Object.keys(pages))) allowed.add(page)
    for (const { alert, job } of those) {
      expect([alert, job, telegram.told('firing', alert, job)]).toEqual([alert, job, false])
    }
    try {
      for (const { heading } of those) await shell.run(commandsBelow(heading)[0] ?? '')
      for (const { alert, job } of those) {
        const fires = async () => (await stack.firing()).includes(`${alert} ${job}`)
        await eventually(`${alert} ${job} fires`, fires, patience)
        const told = () => telegram.told('firing', alert, job)
        await eventually(`${alert} ${job} is told`, told, patience)
      }
    } finally {
      for (const { heading } of those) await shell.run(commandsBelow(heading).at(-1) ?? '')
    }
    expect((await paged()).filter((page) => !allowed.has(page))).toEqual([])
  }

  const [waking, quiet] = [true, false].map((wakes) =>
    incidents.filter(({ pages }) => wakes === Object.keys(pages).length > 0),
  )
  test('that wakes nobody is told as itself, whatever else goes wrong', () => happen(quiet ?? []))
  test.each(waking ?? [])('"$heading" is told as $alert', (incident) => happen([incident]))

  test.each(incidents)('"$heading" is over, and so it is told', async ({ alert, job }) => {
    // One route or statement may be well before the others. The half hour of the burning budget is
    // remembered for 90 s at this pace.
    const isOver = async () => !(await stack.firing()).includes(`${alert} ${job}`)
    await eventually(`${alert} ${job} fires no more`, isOver, 2 * patience)
    const told = () => telegram.told('resolved', alert, job)
    await eventually(`the end of ${alert} ${job} is told`, told, patience)
  })

  test('woke nobody for anything else', async () => {
    expect((await paged()).filter((page) => !allowed.has(page))).toEqual([])
  })
})
