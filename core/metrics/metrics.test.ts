/** Metrics: what is recorded is what both expositions show. */
import { describe, expect, test } from 'bun:test'
import { boundedLabel } from './bounded-label.ts'
import { durationBuckets } from './histogram.ts'
import { createMetrics } from './metrics.ts'
import { maxSeries } from './slots.ts'

/** The lines of one metric's samples. */
async function samples(page: Promise<string>, name: string): Promise<string[]> {
  const lines = (await page).split('\n')
  return lines.filter((line) => line.startsWith(name) && !line.startsWith('#'))
}

describe('a counter', () => {
  test('without labels is there, at zero, from the start', async () => {
    const metrics = createMetrics('cart')
    const checkouts = metrics.counter('checkouts_total', 'Checkouts').slot({})
    expect(await samples(metrics.text(), 'checkouts_total')).toEqual(['checkouts_total 0'])
    checkouts.inc()
    checkouts.inc(2)
    expect(await samples(metrics.text(), 'checkouts_total')).toEqual(['checkouts_total 3'])
  })

  test('has one series for each set of label values, at zero once it is bound', async () => {
    const metrics = createMetrics('cart')
    const requests = metrics.counter('requests_total', 'Requests', ['method', 'status'])
    expect(await samples(metrics.text(), 'requests_total')).toEqual([])
    requests.slot({ method: 'GET', status: '200' }).inc(4)
    requests.slot({ status: '200', method: 'GET' }).inc()
    requests.slot({ method: 'GET', status: '404' })
    expect(await samples(metrics.text(), 'requests_total')).toEqual([
      'requests_total{method="GET",status="200"} 5',
      'requests_total{method="GET",status="404"} 0',
    ])
  })

  test('keeps counting in slots that were bound before its array grew', async () => {
    const metrics = createMetrics('cart')
    const family = metrics.counter('many_total', 'Many', ['n'])
    const first = family.slot({ n: '0' })
    const all = Array.from({ length: 100 }, (_, n) => family.slot({ n: String(n) }))
    first.inc()
    for (const slot of all) slot.inc()
    const lines = await samples(metrics.text(), 'many_total')
    expect(lines).toHaveLength(100)
    expect(lines[0]).toBe('many_total{n="0"} 2')
    expect(lines.slice(1).every((line) => line.endsWith(' 1'))).toBe(true)
  })

  test('puts what is past its bound into one series', async () => {
    const metrics = createMetrics('cart')
    const family = metrics.counter('users_total', 'Users', ['name'])
    for (let n = 0; n < maxSeries + 50; n += 1) family.slot({ name: `u${n}` }).inc()
    const lines = await samples(metrics.text(), 'users_total')
    expect(lines).toHaveLength(maxSeries)
    expect(lines.at(-1)).toBe('users_total{name="other"} 51')
  })

  test('does not mix up label values, and needs each of its labels', async () => {
    const metrics = createMetrics('cart')
    const family = metrics.counter('pairs_total', 'Pairs', ['a', 'b'])
    family.slot({ a: 'x', b: 'yz' }).inc()
    family.slot({ a: 'xy', b: 'z' }).inc()
    expect(await samples(metrics.text(), 'pairs_total')).toHaveLength(2)
    expect(() => family.slot({ a: 'x' })).toThrow('needs the label b')
  })

  test('escapes what a label value holds', async () => {
    const metrics = createMetrics('cart')
    metrics.counter('odd_total', 'Odd', ['name']).slot({ name: 'a"b\\c\nd' }).inc()
    expect(await samples(metrics.text(), 'odd_total')).toEqual([
      'odd_total{name="a\\"b\\\\c\\nd"} 1',
    ])
  })
})

describe('a histogram', () => {
  test('counts each value in its bucket and in all above, bounds inclusive', async () => {
    const metrics = createMetrics('cart')
    const slot = metrics
      .histogram('size', 'Size', { labels: ['kind'], buckets: [1, 2.5] })
      .slot({ kind: 'a' })
    for (const value of [0.5, 1, 2, 2.5, 100]) slot.observe(value)
    expect(await samples(metrics.text(), 'size')).toEqual([
      'size_bucket{le="1",kind="a"} 2',
      'size_bucket{le="2.5",kind="a"} 4',
      'size_bucket{le="+Inf",kind="a"} 5',
      'size_sum{kind="a"} 106',
      'size_count{kind="a"} 5',
    ])
  })

  test('has the buckets of durations unless it is given its own, and is there from the start', async () => {
    const metrics = createMetrics('cart')
    metrics.histogram('seconds', 'Seconds')
    const lines = await samples(metrics.text(), 'seconds_bucket')
    expect(lines).toEqual(
      [...durationBuckets, '+Inf'].map((bound) => `seconds_bucket{le="${bound}"} 0`),
    )
    for (const milliseconds of [
      0.5, 1, 2.5, 5, 10, 25, 50, 100, 200, 250, 500, 1000, 2500, 5000, 10_000,
    ])
      expect(durationBuckets).toContain(milliseconds / 1000)
  })

  test('shows the latest trace of each bucket, in OpenMetrics alone', async () => {
    const metrics = createMetrics('cart')
    const slot = metrics.histogram('seconds', 'Seconds', { buckets: [1, 2] }).slot({})
    for (const [value, trace] of [
      [0.5, 'a'],
      [1.5, 'b'],
      [1.7, 'c'],
    ] as const) {
      slot.observe(value)
      slot.exemplify(value, trace.repeat(32))
    }
    const lines = await samples(metrics.text(true), 'seconds_bucket')
    const timestamp = '1\\d{9}(\\.\\d+)?'
    expect(lines[0]).toMatch(
      new RegExp(`^seconds_bucket\\{le="1"\\} 1 # \\{trace_id="a{32}"\\} 0.5 ${timestamp}$`),
    )
    expect(lines[1]).toMatch(new RegExp(` 3 # \\{trace_id="c{32}"\\} 1.7 ${timestamp}$`))
    expect(lines[2]).toBe('seconds_bucket{le="+Inf"} 3')
    expect(await metrics.text()).not.toContain('trace_id')
  })

  test('agrees with itself whatever is recorded', async () => {
    const metrics = createMetrics('cart')
    const slot = metrics.histogram('random', 'Random').slot({})
    for (let n = 0; n < 1000; n += 1) slot.observe(Math.random() ** 4 * 12)
    const lines = await samples(metrics.text(), 'random_bucket')
    const counts = lines.map((line) => Number(line.split(' ')[1]))
    expect(counts).toEqual(counts.toSorted((a, b) => a - b))
    expect(counts.at(-1)).toBe(1000)
  })

  test.each([[[]], [[2, 1]], [[1, 1]], [[1, Number.POSITIVE_INFINITY]]])(
    'is not built with the buckets %p',
    (buckets) => {
      const metrics = createMetrics('cart')
      expect(() => metrics.histogram('bad', 'Bad', { buckets })).toThrow('in rising order')
    },
  )
})

describe('a gauge', () => {
  test('is waited for when its value takes a moment, and left out when that fails', async () => {
    const metrics = createMetrics('cart')
    let fails = false
    metrics.gauge('depth', 'Depth', async () => {
      await Promise.resolve()
      if (fails) throw new Error('the store is down')
      return 3
    })
    expect(await samples(metrics.text(), 'depth')).toEqual(['depth 3'])
    expect(await samples(metrics.text(true), 'depth')).toEqual(['depth 3'])
    fails = true
    expect(await samples(metrics.text(), 'depth')).toEqual([])
  })

  test('is read when it is scraped', async () => {
    const metrics = createMetrics('cart')
    let value = 1
    metrics.gauge('depth', 'Depth', () => value)
    expect(await samples(metrics.text(), 'depth')).toEqual(['depth 1'])
    value = 2
    expect(await samples(metrics.text(), 'depth')).toEqual(['depth 2'])
  })

  test('with labels shows what its reader lists, and nothing from an earlier scrape', async () => {
    const metrics = createMetrics('cart')
    let states = ['open']
    const read = () => states.map((state) => ({ labels: { state }, value: 1 }))
    metrics.gauge('breakers', 'Breakers', read, ['state'])
    expect(await samples(metrics.text(), 'breakers')).toEqual(['breakers{state="open"} 1'])
    states = ['closed']
    expect(await samples(metrics.text(), 'breakers')).toEqual(['breakers{state="closed"} 1'])
  })

  test('may be read from a store that answers later', async () => {
    const metrics = createMetrics('cart')
    metrics.gauge('later', 'Later', async () => 5)
    metrics.gauge('broken', 'Broken', () => Promise.reject(new Error('store is down')))
    expect(await samples(metrics.text(), 'later')).toEqual(['later 5'])
    expect(await samples(metrics.text(true), 'later')).toEqual(['later 5'])
    expect(await samples(metrics.text(), 'broken')).toEqual([])
  })

  test('whose reader throws is left out, and the rest is shown', async () => {
    const metrics = createMetrics('cart')
    metrics.gauge('broken', 'Broken', () => {
      throw new Error('store is down')
    })
    metrics.counter('fine_total', 'Fine')
    expect(await samples(metrics.text(), 'broken')).toEqual([])
    expect(await samples(metrics.text(), 'fine_total')).toEqual(['fine_total 0'])
  })
})

describe('the exposition', () => {
  test('is OpenMetrics for those who ask for it, and text for all others', async () => {
    const metrics = createMetrics('cart')
    const open = await metrics.page('application/openmetrics-text;version=1.0.0,text/plain;q=0.5')
    expect(open.contentType).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8')
    expect(open.text.endsWith('\n# EOF\n')).toBe(true)
    for (const accept of [null, '*/*', 'text/plain']) {
      const plain = await metrics.page(accept)
      expect(plain.contentType).toBe('text/plain; version=0.0.4; charset=utf-8')
      expect(plain.text).not.toContain('# EOF')
    }
  })

  test('gives the same samples under the same names in both formats, scrape after scrape', async () => {
    const metrics = createMetrics('cart')
    metrics.counter('things_total', 'Things', ['kind']).slot({ kind: 'a' }).inc(7)
    metrics.histogram('sizes', 'Sizes').slot({}).observe(3)
    metrics.gauge('depth', 'Depth', () => 4)
    const own = async (openMetrics: boolean) =>
      (await metrics.text(openMetrics))
        .split('\n')
        .filter((line) => /^(things|sizes|depth)/.test(line))
    const plain = await own(false)
    expect(plain).toContain('things_total{kind="a"} 7')
    expect(await own(true)).toEqual(plain)
    expect(await own(false)).toEqual(plain)
    // OpenMetrics names the family without the suffix that its samples have.
    expect(await metrics.text(true)).toContain('# TYPE things counter')
    expect(await metrics.text(false)).toContain('# TYPE things_total counter')
  })

  test('has the process and its runtime in both formats', async () => {
    const metrics = createMetrics('cart')
    for (const page of [await metrics.text(), await metrics.text(true)]) {
      for (const name of [
        'process_cpu_seconds_total',
        'process_resident_memory_bytes',
        'process_open_fds',
        'nodejs_heap_size_used_bytes',
        'nodejs_eventloop_lag_p99_seconds',
      ]) {
        expect(page).toMatch(new RegExp(`^${name} \\d`, 'm'))
      }
      expect(page).toContain('service_info{service="cart"} 1')
      expect(page).not.toContain('nodejs_heap_space')
    }
  })

  test('tells how long the event loop stood, since the last time it was asked', async () => {
    const metrics = createMetrics('cart')
    const delay = async () =>
      Number((await samples(metrics.text(), 'nodejs_eventloop_lag_max_seconds'))[0]?.split(' ')[1])
    // The watch begins with the loop's next turns.
    await Bun.sleep(50)
    await delay()
    const end = performance.now() + 120
    while (performance.now() < end);
    await Bun.sleep(50)
    expect(await delay()).toBeGreaterThan(0.08)
  })

  test('refuses a name that is taken', () => {
    const metrics = createMetrics('cart')
    metrics.counter('one_total', 'One')
    expect(() => metrics.histogram('one_total', 'One')).toThrow('already been registered')
  })
})

describe('a bounded label', () => {
  test('passes the first names and maps the rest to other', () => {
    const label = boundedLabel(2)
    expect(['a', 'b', 'c', 'a', 'd', 'b'].map(label)).toEqual([
      'a',
      'b',
      'other',
      'a',
      'other',
      'b',
    ])
  })

  test.each([0, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('is not built with %p', (max) => {
    expect(() => boundedLabel(max)).toThrow('max must be a whole number of at least 1')
  })
})
