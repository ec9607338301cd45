/** The page as a file: everything in it, nothing asked for, nothing taken for markup. */
import { expect, test } from 'bun:test'
import { callTreeOf } from '../call-tree.ts'
import type { ProfileNotes } from '../folder.ts'
import { profileOf } from '../profile.fixture.ts'
import type { GraphData } from './graph.ts'
import { differentialPage, flameGraphPage, type Profiled } from './page.ts'

const notes: ProfileNotes = {
  file: '20261125T204931123Z-get_cart.cpuprofile',
  operation: 'get_cart',
  started_at: '2026-11-25T20:49:31.123Z',
  seconds: 10,
  samples: 7,
  operation_samples: 6,
  shared_samples: 2,
  load: {
    requests: 12_400,
    requests_per_second: 1_240.4,
    p50_ms: 0.6,
    p99_ms: null,
    overall_requests_per_second: 1_300,
    cpu_share: 0.974,
  },
}
const hostile = '</script><script>x()</script>'
const all = callTreeOf(
  profileOf(`
    fetch core/http/engine.ts:5 1
      get_cart services/cart/routes.ts:9 2
        </script><script>x()</script> native 4
  `),
)
const profiled: Profiled = { service: 'cart', notes, all, cut: all }
const pages = {
  'a flame graph': flameGraphPage(profiled),
  'a differential flame graph': differentialPage(profiled, profiled),
}

test.each(Object.entries(pages))('%s asks for nothing else', (_name, page) => {
  // Matched by hand: a failure should not print the whole page.
  expect(
    page.match(/\b(src|srcset|action)=|@import|url\(|https?:|import\(|fetch\(|XMLHttp/g),
  ).toBeNull()
  // The one link is the way back, the one icon is none.
  expect(page.match(/href="[^"]*"/g)).toEqual(['href="data:,"', 'href="/profiles/"'])
})

test.each(Object.entries(pages))('%s takes no name for markup', (_name, page) => {
  expect(page.includes(hostile)).toBe(false)
  const json = /<script type="application\/json" id="data">(.*)<\/script>/.exec(page)?.[1] ?? ''
  const data = JSON.parse(json) as GraphData
  expect(data.functions.map(([name]) => name)).toContain(hostile)
})

test('the load stands beside the graph', () => {
  const text = pages['a flame graph'].replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ')
  expect(text).toContain('get_cart of cart')
  expect(text).toContain('Taken 2026-11-25 20:49:31 UTC, 10 s')
  expect(text).toContain('Samples 6, 2 of them perhaps for others; 7 in the whole process')
  expect(text).toContain('Load 1240 req/s p50 0.6 ms p99 – CPU, of one core 97 %')
})

test('a load that was not measured is not shown as none', () => {
  const page = flameGraphPage({ ...profiled, notes: { ...notes, load: null } })
  expect(page.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ')).toContain('Load – p50 – p99 –')
})
