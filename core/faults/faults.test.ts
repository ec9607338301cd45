/** Planted faults by themselves; tests/observability/faults.test.ts has them in real services. */
import { afterEach, describe, expect, test } from 'bun:test'
import { createLogger } from '../logging/logger.ts'
import { createMetrics } from '../metrics/metrics.ts'
import { createFaults, faultKinds, type Fault } from './faults.ts'

const faults = createFaults({
  kinds: faultKinds,
  metrics: createMetrics('order'),
  log: createLogger({ service: 'order', level: 'silent' }),
})
afterEach(() => faults.end())

const slow: Fault = { kind: 'store', seconds: 60, milliseconds: 60, share: 1, megabytes: 8 }

describe('a slow store', () => {
  test('lets everything else go on where the statement goes to another machine', async () => {
    faults.start(slow)
    const order: string[] = []
    const statement = faults.storePause()?.then(() => order.push('statement'))
    await new Promise((resolve) => setTimeout(resolve, 1)).then(() => order.push('other work'))
    await statement
    expect(order).toEqual(['other work', 'statement'])
  })

  test('holds up all else where it is embedded, and its time is told with the delay', async () => {
    faults.start(slow)
    const told: [string, number][] = []
    const observe = faults.slowed((operation, milliseconds) => told.push([operation, milliseconds]))
    const order: string[] = []
    const other = new Promise((resolve) => setTimeout(resolve, 1)).then(() => order.push('other'))
    observe('get_product', 2)
    order.push('statement')
    await other
    expect(order).toEqual(['statement', 'other'])
    expect(told).toEqual([['get_product', 62]])
  })

  test('is not slow any more when it is turned off', () => {
    faults.start(slow)
    faults.end('store')
    expect(faults.storePause()).toBeNull()
  })
})
