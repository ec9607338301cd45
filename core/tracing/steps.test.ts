/** Steps: spans where a trace is sampled, nothing but the work where it is not. */
import { describe, expect, test } from 'bun:test'
import { formatTraceparent, newTrace } from '../resilience/trace-context.ts'
import { createStoreMetrics } from '../metrics/store-metrics.ts'
import { createMetrics } from '../metrics/metrics.ts'
import { openDatabase } from '../sqlite/database.ts'
import { currentScope, scopeFields, within } from './scope.ts'
import type { FinishedSpan } from './span.ts'
import { createSteps, noSteps } from './steps.ts'
import { withStoreSpans } from './store-spans.ts'

function recording() {
  const spans: FinishedSpan[] = []
  return { spans, steps: createSteps((span) => void spans.push(span)) }
}

describe('a step', () => {
  test('of a sampled trace leaves a span, whose id is what the work hands on', async () => {
    const { spans, steps } = recording()
    const trace = newTrace(true)
    const inner = await steps.step('reserve_stock', trace, async (own) => {
      expect(currentScope()?.sampled).toEqual(own)
      return own
    })
    expect(inner.traceId).toBe(trace.traceId)
    expect(spans).toMatchObject([
      { name: 'reserve_stock', context: inner, parentId: trace.parentId, failed: false },
    ])
  })

  test('that throws has failed, and throws', async () => {
    const { spans, steps } = recording()
    const failing = steps.step('reserve_stock', newTrace(true), async () => {
      throw new Error('no answer')
    })
    await expect(failing).rejects.toThrow('no answer')
    expect(spans).toMatchObject([{ failed: true }])
  })

  test('of a trace that is not sampled is the work alone', async () => {
    const { spans, steps } = recording()
    const trace = newTrace()
    expect(await steps.step('reserve_stock', trace, async (own) => own)).toBe(trace)
    expect(await noSteps.step('reserve_stock', trace, async (own) => own)).toBe(trace)
    expect(spans).toEqual([])
  })
})

describe('what follows from an earlier request', () => {
  test('is a trace of its own with a link, out of the scope of whoever set it off', async () => {
    const { spans, steps } = recording()
    const earlier = newTrace(true)
    const other = newTrace(true)
    const scope = { sampled: other, trace: other, requestId: 'r1' }
    const own = await within(scope, () =>
      steps.following('move_order', formatTraceparent(earlier), async (trace) => {
        expect(scopeFields()).toEqual({ trace_id: trace.traceId })
        return trace
      }),
    )
    expect([earlier.traceId, other.traceId]).not.toContain(own.traceId)
    expect(spans).toMatchObject([
      { name: 'move_order', context: own, parentId: null, link: earlier },
    ])
  })

  test.each([formatTraceparent(newTrace()), '', 'broken'])(
    'of one that was not sampled (%p) is the work alone, in nobody’s scope',
    async (earlier) => {
      const { spans, steps } = recording()
      const other = newTrace(true)
      await within({ sampled: other, trace: other }, () =>
        steps.following('move_order', earlier, async (trace) => {
          expect(trace.sampled).toBe(false)
          expect(currentScope()).toBeUndefined()
        }),
      )
      expect(spans).toEqual([])
    },
  )
})

describe('statements', () => {
  function traced() {
    const spans: FinishedSpan[] = []
    const observe = createStoreMetrics(createMetrics('cart'), 'sqlite')
    const database = openDatabase({
      path: ':memory:',
      service: 'cart',
      migrations: [
        { version: 1, name: 'things', sql: 'CREATE TABLE things (id TEXT PRIMARY KEY) STRICT' },
      ],
      observe: withStoreSpans(observe, 'sqlite', (span) => void spans.push(span)),
    })
    const insert = database.statement<[string]>('INSERT INTO things VALUES (?)', 'insert_thing')
    const count = database.statement<[], { n: number }>(
      'SELECT count(*) AS n FROM things',
      'count_things',
    )
    const add = (id: string) => database.write(() => void insert.run(id))
    return { spans, add, count }
  }
  const scopeOf = (sampled = true) => {
    const trace = newTrace(sampled)
    return { sampled: sampled ? trace : null, trace }
  }

  test('of one commit belong each to the request that asked for them', async () => {
    const { spans, add } = traced()
    const [a, b, unsampled] = [scopeOf(), scopeOf(), scopeOf(false)]
    await Promise.all([
      within(unsampled, () => add('0')),
      within(a, () => add('1')),
      add('2'),
      within(b, () => add('3')),
    ])
    const of = (traceId: string) => spans.filter(({ context }) => context.traceId === traceId)
    for (const { trace } of [a, b]) {
      const [statement, commit] = of(trace.traceId)
      expect(commit).toMatchObject({ name: 'group commit', parentId: trace.parentId })
      expect(statement).toMatchObject({
        name: 'insert_thing',
        parentId: commit?.context.parentId ?? '',
        attributes: { 'db.system.name': 'sqlite' },
      })
      expect(of(trace.traceId)).toHaveLength(2)
    }
    expect(spans).toHaveLength(4)
  })

  test('that read are spans of the request, and of none outside of a request', async () => {
    const { spans, count } = traced()
    const scope = scopeOf()
    expect(count.get()?.n).toBe(0)
    expect(spans).toEqual([])
    within(scope, () => count.get())
    expect(spans).toMatchObject([{ name: 'count_things', parentId: scope.trace.parentId }])
  })

  test('keep the scope of who waits for a commit', async () => {
    const { add } = traced()
    const scope = scopeOf()
    await within(scope, async () => {
      await add('1')
      expect(currentScope()).toBe(scope)
    })
  })
})
