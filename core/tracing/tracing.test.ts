/** Off means absent: no process that does not trace loads a package for it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'bun:test'
import { createLogger } from '../logging/logger.ts'
import { createMetrics } from '../metrics/metrics.ts'
import { startTracing } from './tracing.ts'

const root = join(import.meta.dir, '../..')

test('the packages are imported by one file, and that one by name only when tracing is on', async () => {
  const importers: string[] = []
  const fixed: string[] = []
  for await (const path of new Bun.Glob('{core,services}/**/*.ts').scan({ cwd: root })) {
    if (path.endsWith('.test.ts')) continue
    const text = readFileSync(join(root, path), 'utf8')
    if (/from '@opentelemetry\//.test(text)) importers.push(path)
    if (/from '[./a-z]*\/otlp\.ts'/.test(text)) fixed.push(path)
  }
  expect(importers).toEqual(['core/tracing/otlp.ts'])
  expect(fixed).toEqual([])
})

test('without an endpoint there is no tracing', async () => {
  const metrics = createMetrics('cart')
  const config = {
    PROFILE: 'demo',
    TRUSTED_PROXIES: [],
    OTEL_EXPORTER_OTLP_ENDPOINT: '',
    TRACE_SAMPLE: 1,
    TRACE_PER_SECOND: 100,
    TRACE_CHECKOUTS_PER_SECOND: 50,
    TRACE_SLOW_MS: 500,
  } as const
  const log = createLogger({ service: 'cart', level: 'silent' })
  expect(await startTracing('cart', config, metrics, log)).toBeNull()
  expect(await metrics.text()).not.toContain('trace_')
})
