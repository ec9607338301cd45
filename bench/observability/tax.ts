/**
 * What observability costs: the same shop with it and without it, side by side, asked in turns.
 *
 *   node scripts/run.mjs bench/observability/tax.ts [rounds] [seconds]
 *
 * Wants `wrk`. Requests a second depend on what else the machine does, so the processor time of the
 * processes is told as well: it is what a request costs, whoever else runs.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { newId, type UserId } from '../../core/values/ids.ts'
import { startShop, type ProcessName, type Shop } from '../../tests/support/shop.ts'
import { tokensOf } from '../../tests/support/tokens.ts'

const [rounds = 10, seconds = 4] = process.argv.slice(2).map(Number)

const off = { METRICS: 'false', ACCESS_LOG_SAMPLE: '0' }
/** As a process is started: metrics, tracing at its default share, one access line in a hundred. */
const on = (collector: string) => ({ LOG_LEVEL: 'info', OTEL_EXPORTER_OTLP_ENDPOINT: collector })

interface Workload {
  readonly name: string
  readonly processes: readonly ProcessName[]
  /** Whose processor time counts. */
  readonly measured: readonly ProcessName[]
  target(shop: Shop): string
  /** Lua for wrk. */
  script(shop: Shop): Promise<string>
}

interface Measurement {
  readonly requests: number
  readonly p99: number
  /** Microseconds of processor time a request. */
  readonly cost: number
}

const category = encodeURIComponent('Фрукты')

const workloads: readonly Workload[] = [
  {
    name: 'a cached page',
    processes: ['catalog'],
    measured: ['catalog'],
    target: (shop) => `${shop.urls.catalog}/products/?category=${category}&limit=20`,
    script: async () => '',
  },
  {
    name: 'add-to-cart',
    processes: ['catalog', 'cart', 'order', 'user'],
    measured: ['cart', 'catalog'],
    target: (shop) => `${shop.urls.cart}/cart/items`,
    async script(shop) {
      const page = await fetch(`${shop.urls.catalog}/products/?category=${category}&limit=40`)
      const { items } = (await page.json()) as { items: { product_id: string }[] }
      const bodies = items.map(({ product_id }) => JSON.stringify({ product_id, quantity: 1 }))
      const tokens = tokensOf(shop.keysDir)
      const users = Array.from({ length: 400 }, () => `Bearer ${tokens.user(newId<UserId>())}`)
      // No line passes 99 pieces before each user has put 99 of each product into the cart.
      return `
        local users = {${users.map((each) => `"${each}"`).join(',')}}
        local bodies = {${bodies.map((each) => `'${each}'`).join(',')}}
        local n = 0
        request = function()
          n = n + 1
          local headers = {
            ["content-type"] = "application/json",
            authorization = users[(n % #users) + 1],
          }
          return wrk.format("POST", nil, headers, bodies[(math.floor(n / #users) % #bodies) + 1])
        end`
    },
  },
]

/** Seconds of processor time, from the kernel's count of hundredths. */
const processorTime = (shop: Shop, names: readonly ProcessName[]): number =>
  names.reduce((sum, name) => {
    const fields = readFileSync(`/proc/${shop.pid(name)}/stat`, 'utf8')
      .split(') ')[1]
      ?.split(' ')
    return sum + (Number(fields?.[11]) + Number(fields?.[12])) / 100
  }, 0)

const unit = { us: 0.001, ms: 1, s: 1000 } as const

async function measure(
  shop: Shop,
  workload: Workload,
  script: string,
  length: number,
): Promise<Measurement> {
  const before = processorTime(shop, workload.measured)
  const lua = script === '' ? [] : ['-s', script]
  const load = ['wrk', '-t1', '-c32', `-d${length}s`, '--latency', ...lua, workload.target(shop)]
  const text = await new Response(Bun.spawn(load, { stdout: 'pipe' }).stdout).text()
  const [, count = '', , rate = '', p99 = '', p99Unit = ''] = [
    ...(/(\d+) requests in/.exec(text) ?? ['', '']),
    ...(/Requests\/sec:\s+([\d.]+)/.exec(text) ?? ['', '']),
    ...(/99%\s+([\d.]+)(us|ms|s)/.exec(text) ?? ['', '', '']).slice(1),
  ]
  if (/Non-2xx/.test(text) || count === '') throw new Error(`wrk met errors:\n${text}`)
  return {
    requests: Number(rate),
    p99: Number(p99) * unit[p99Unit as keyof typeof unit],
    cost: ((processorTime(shop, workload.measured) - before) / Number(count)) * 1e6,
  }
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN

async function compare(workload: Workload, collector: string, directory: string): Promise<void> {
  const { processes } = workload
  await using without = await startShop({ processes, products: 2_000, env: off })
  await using observing = await startShop({ processes, products: 2_000, env: on(collector) })
  const variants = await Promise.all(
    Object.entries({ off: without, on: observing }).map(async ([name, shop]) => {
      const text = await workload.script(shop)
      const script = text === '' ? '' : join(directory, `${name}.lua`)
      if (script !== '') writeFileSync(script, text)
      return { name, shop, script, measured: [] as Measurement[] }
    }),
  )
  console.log(`\n${workload.name}\nround  variant  req/s    p99 ms   cpu us/request`)
  for (const { shop, script } of variants) await measure(shop, workload, script, 2)
  for (let round = 1; round <= rounds; round++) {
    // Who comes first changes, as the second meets a warmer machine.
    for (const variant of round % 2 === 0 ? variants.toReversed() : variants) {
      const one = await measure(variant.shop, workload, variant.script, seconds)
      variant.measured.push(one)
      const columns = [
        String(round).padEnd(6),
        variant.name.padEnd(8),
        one.requests.toFixed(0).padEnd(8),
        one.p99.toFixed(2).padEnd(8),
        one.cost.toFixed(2),
      ]
      console.log(columns.join(' '))
    }
  }
  const [first, second] = variants
  if (first === undefined || second === undefined) return
  for (const member of ['requests', 'p99', 'cost'] as const) {
    const of = (list: readonly Measurement[]) => list.map((each) => each[member])
    const ratios = of(second.measured).map((value, at) => value / (of(first.measured)[at] ?? NaN))
    console.log(
      `${member.padEnd(9)} off ${median(of(first.measured)).toFixed(2)}, on ${median(of(second.measured)).toFixed(2)}; on / off in pairs, median ${median(ratios).toFixed(3)}`,
    )
  }
}

const directory = mkdtempSync(join(tmpdir(), 'observability-tax-'))
let received = 0
const collector = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  async fetch(request) {
    received += (await request.arrayBuffer()).byteLength
    return new Response(null, { headers: { 'content-type': 'application/x-protobuf' } })
  },
})
try {
  console.log(
    `${cpus().length} cores, ${cpus()[0]?.model}; Bun ${Bun.version}; ${rounds} rounds of ${seconds} s`,
  )
  for (const workload of workloads) {
    await compare(workload, `http://127.0.0.1:${collector.port}`, directory)
  }
  console.log(`\n${received} bytes of spans arrived.`)
} finally {
  await collector.stop(true)
  rmSync(directory, { recursive: true })
}
