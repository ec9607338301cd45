/** Every planted fault on the real stack: its alert fires and is told, nobody is woken for more, and it resolves. */
import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { faultKinds, type Fault } from '../../core/faults/faults.ts'
import type { ServiceName } from '../../core/values/service-name.ts'
import { prefixes } from '../../services/gateway/paths.ts'
import { apiAt, good } from '../support/api.ts'
import { eventually } from '../support/ledger.ts'
import { lightLoad } from '../support/light-load.ts'
import { send, type Method } from '../support/send.ts'
import { patience, stackPrograms, testStack } from '../support/stack.ts'
import { testsNeed } from '../support/tools.ts'

setDefaultTimeout(300_000)

interface Incident {
  /** As it is sent to the switch. */
  readonly fault: Pick<Fault, 'kind'> & Partial<Fault>
  /** Where it is turned on. */
  readonly service: ServiceName
  /** The alert that is told, of that service. */
  readonly alert: string
  /** Critical alerts that may fire as well, `alert service`, with the reason. */
  readonly pages: Readonly<Record<string, string>>
}

/**
 * In the order of `faultKinds`. Each at a strength that hurts without taking the service down, and at
 * another service than the one before where its alert could be taken for that one's.
 */
const incidents: readonly Incident[] = [
  {
    fault: { kind: 'latency', milliseconds: 800 },
    service: 'catalog',
    alert: 'LatencyP99High',
    pages: {},
  },
  {
    fault: { kind: 'errors', share: 0.5 },
    service: 'user',
    alert: 'ErrorBudgetBurnFast',
    pages: { 'ErrorBudgetBurnFast user': 'the alert of this fault is itself a page' },
  },
  {
    fault: { kind: 'store', milliseconds: 150 },
    service: 'cart',
    alert: 'StoreSlow',
    pages: {},
  },
  {
    fault: { kind: 'cpu' },
    service: 'user',
    alert: 'EventLoopBlocked',
    pages: {},
  },
  {
    fault: { kind: 'memory', megabytes: 450 },
    service: 'catalog',
    alert: 'MemoryHigh',
    pages: {},
  },
  {
    fault: { kind: 'outbox' },
    service: 'order',
    alert: 'OutboxLag',
    pages: {},
  },
]

test('every kind of fault has its incident', () => {
  expect(incidents.map(({ fault }) => fault.kind)).toEqual([...faultKinds])
})

const able = testsNeed(...stackPrograms)

describe.skipIf(!able)('an incident', async () => {
  if (!able) return
  const stack = await testStack(['--without', 'jaeger,locust', '--fast'])
  await stack.up()
  const { telegram } = stack
  const url = `http://127.0.0.1:${stack.portOf('nginx')}`
  // Before any fault: one of them is at the service that signs in.
  const { access_token: admin } = await good(
    apiAt(url).user.POST('/token', {
      body: { username: 'admin', password: 'admin123' },
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    }),
  )
  const load = await lightLoad(url, admin)
  afterAll(async () => {
    await load.stop()
    await stack.stop()
  })

  async function faults(method: Method, at: keyof typeof prefixes, json?: unknown): Promise<void> {
    const path = `${url}${prefixes[at]}/system/faults`
    const answer = await send(method, path, { token: admin, ...(json !== undefined && { json }) })
    expect([answer.status, answer.text]).toEqual([200, expect.any(String)])
  }

  test('is not there while customers buy and all is well', async () => {
    await eventually('all is scraped', async () => (await stack.scraped()).length === 8, patience)
    await eventually('customers are served', () => load.served() > 40, patience)
    expect(await stack.firing()).toEqual([])
  })

  const allowed = new Set<string>()
  test.each(incidents)('of the fault "$fault.kind" is told as $alert', async (incident) => {
    const { fault, service, alert, pages } = incident
    const name = `${alert} ${service}`
    for (const page of Object.keys(pages)) allowed.add(page)
    expect(telegram.told('firing', alert, service)).toBe(false)
    await faults('POST', service, { ...fault, seconds: 600 })
    try {
      await eventually(`${name} fires`, async () => (await stack.firing()).includes(name), patience)
      await eventually(`${name} is told`, () => telegram.told('firing', alert, service), patience)
    } finally {
      await faults('DELETE', service)
    }
    expect((await stack.paged()).filter((page) => !allowed.has(page))).toEqual([])
  })

  test.each(incidents)('of the fault "$fault.kind" ends, and so it is told', async (incident) => {
    const { alert, service } = incident
    const over = () => telegram.told('resolved', alert, service)
    // The half hour of the burning budget is remembered for 90 s at this pace.
    await eventually(`the end of ${alert} ${service} is told`, over, 2 * patience)
    expect(await stack.firing()).not.toContain(`${alert} ${service}`)
  })

  test('wakes nobody for anything else', async () => {
    expect((await stack.paged()).filter((page) => !allowed.has(page))).toEqual([])
  })
})
