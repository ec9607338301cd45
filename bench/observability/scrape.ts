/**
 * How long one scrape holds the event loop, by the number of series on the page.
 *
 *   node scripts/run.mjs bench/observability/scrape.ts [rounds]
 */
import { createMetrics } from '../../core/metrics/metrics.ts'

const rounds = Number(process.argv[2] ?? 20)

/** One route has a duration of 18 lines and three statuses; the process itself some 30 more. */
async function measure(routes: number, openMetrics: boolean): Promise<void> {
  const metrics = createMetrics('bench')
  const requests = metrics.counter('http_requests_total', 'Requests', ['method', 'route', 'status'])
  const durations = metrics.histogram('http_request_duration_seconds', 'Time', {
    labels: ['method', 'route'],
  })
  for (let index = 0; index < routes; index++) {
    const route = { method: 'GET', route: `/things/${index}/:id` }
    const duration = durations.slot(route)
    for (let n = 0; n < 100; n++) duration.observe(n / 1000)
    for (const status of ['200', '500', '503']) requests.slot({ ...route, status }).inc(7)
  }
  const times: number[] = []
  let lines = 0
  for (let round = 0; round < rounds; round++) {
    // Nothing in it waits for the outside, so the time to its end is the time that the loop stands.
    const started = performance.now()
    const text = await metrics.text(openMetrics)
    times.push(performance.now() - started)
    lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const warm = times.slice(Math.floor(rounds / 2)).sort((a, b) => a - b)
  const shown = times.map((time) => time.toFixed(2)).join(' ')
  const format = openMetrics ? 'OpenMetrics' : 'text       '
  console.log(
    `${String(lines).padStart(5)} series, ${format}: first ${times[0]?.toFixed(2)} ms, warm median ${warm[Math.floor(warm.length / 2)]?.toFixed(2)} ms; rounds: ${shown}`,
  )
}

for (const routes of [5, 22, 45, 90]) {
  await measure(routes, false)
  await measure(routes, true)
}
process.exit(0)
