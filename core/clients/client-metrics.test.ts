/** The metrics of a client say what became of its calls, and what its breakers do. */
import { describe, expect, test } from 'bun:test'
import { createMetrics } from '../metrics/metrics.ts'
import { createClientMetrics } from './client-metrics.ts'
import { soleCopy } from './copies.ts'
import { fakeCopy } from './copies.fixture.ts'
import { log, request, tokens } from './service-client.fixture.ts'
import { createServiceClient } from './service-client.ts'

async function seriesOf(
  metrics: ReturnType<typeof createMetrics>,
): Promise<Record<string, number>> {
  const lines = (await metrics.text()).split('\n')
  return Object.fromEntries(
    lines
      .filter(
        (line) => /^(service_call|retry_budget|circuit)/.test(line) && !line.includes('_bucket'),
      )
      .map((line) => [
        line.slice(0, line.lastIndexOf(' ')),
        Number(line.slice(line.lastIndexOf(' '))),
      ]),
  )
}

function clientOf(address: string) {
  const metrics = createMetrics('cart')
  const { events, measured } = createClientMetrics(metrics)('catalog')
  const client = measured(
    createServiceClient({
      copies: soleCopy('catalog', address),
      tokens,
      log,
      events,
      failuresToOpen: 2,
      probeAfter: 50,
      maxAttempts: 2,
    }),
  )
  return { client, series: () => seriesOf(metrics) }
}

describe('a client', () => {
  test('has all its series at zero before its first call', async () => {
    const series = await clientOf('http://127.0.0.1:9').series()
    expect(new Set(Object.values(series))).toEqual(new Set([0]))
    for (const name of [
      'service_calls_total{peer="catalog",result="answered"}',
      'service_calls_total{peer="catalog",result="failed"}',
      'service_calls_total{peer="catalog",result="refused"}',
      'service_call_duration_seconds_count{peer="catalog"}',
      'service_call_retries_total{peer="catalog"}',
      'retry_budget_exhausted_total{peer="catalog"}',
      'circuit_breaker_open{peer="catalog"}',
      'circuit_breaker_transitions_total{peer="catalog",to="half_open"}',
    ]) {
      expect(Object.keys(series)).toContain(name)
    }
  })

  test('counts answers, failures, retries, and the way of its breaker', async () => {
    let fine = false
    using copy = fakeCopy(() => new Response('{}', { status: fine ? 200 : 503 }))
    const { client, series } = clientOf(copy.address)
    const idempotent = request({ idempotent: true })
    await expect(client.call(idempotent)).rejects.toThrow()
    await expect(client.call(idempotent)).rejects.toThrow()
    expect(await series()).toMatchObject({
      'service_calls_total{peer="catalog",result="failed"}': 1,
      'service_calls_total{peer="catalog",result="refused"}': 1,
      'service_call_retries_total{peer="catalog"}': 1,
      'circuit_breaker_open{peer="catalog"}': 1,
      'circuit_breaker_transitions_total{peer="catalog",to="open"}': 1,
    })
    fine = true
    // Refused until it is time for a probe.
    while ((await client.call(request()).catch(() => null))?.status !== 200) await Bun.sleep(10)
    expect(await series()).toMatchObject({
      'service_calls_total{peer="catalog",result="answered"}': 1,
      'circuit_breaker_open{peer="catalog"}': 0,
      'circuit_breaker_transitions_total{peer="catalog",to="half_open"}': 1,
      'circuit_breaker_transitions_total{peer="catalog",to="closed"}': 1,
    })
  })
})
