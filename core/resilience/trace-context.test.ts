/** Trace context: what the W3C format accepts, and what it refuses. */
import { describe, expect, test } from 'bun:test'
import { childOf, formatTraceparent, newTrace, parseTraceparent } from './trace-context.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const parentId = '00f067aa0ba902b7'

describe('parseTraceparent', () => {
  test('reads trace, parent and the sampled flag', () => {
    expect(parseTraceparent(`00-${traceId}-${parentId}-01`)).toEqual({
      traceId,
      parentId,
      sampled: true,
    })
  })

  test('looks at the lowest bit of the flags alone', () => {
    expect(parseTraceparent(`00-${traceId}-${parentId}-fe`)?.sampled).toBe(false)
    expect(parseTraceparent(`00-${traceId}-${parentId}-03`)?.sampled).toBe(true)
  })

  test('accepts further fields from a later version only', () => {
    expect(parseTraceparent(`01-${traceId}-${parentId}-01-more`)?.traceId).toBe(traceId)
    expect(parseTraceparent(`00-${traceId}-${parentId}-01-more`)).toBeNull()
  })

  test.each([
    ['no header', null],
    ['an empty header', ''],
    ['the forbidden version', `ff-${traceId}-${parentId}-01`],
    ['a zero trace', `00-${'0'.repeat(32)}-${parentId}-01`],
    ['a zero parent', `00-${traceId}-${'0'.repeat(16)}-01`],
    ['upper case', `00-${traceId.toUpperCase()}-${parentId}-01`],
    ['a short trace', `00-${traceId.slice(1)}-${parentId}-01`],
    ['a line break', `00-${traceId}-${parentId}-01\nx`],
  ])('refuses %s', (_, header) => {
    expect(parseTraceparent(header)).toBeNull()
  })
})

test('what is formatted parses back', () => {
  for (const trace of [newTrace(), newTrace(true)]) {
    expect(parseTraceparent(formatTraceparent(trace))).toEqual(trace)
  }
})

test('a child keeps the trace and its sampling under a new parent', () => {
  const trace = newTrace(true)
  const child = childOf(trace)
  expect(child.traceId).toBe(trace.traceId)
  expect(child.sampled).toBe(true)
  expect(child.parentId).not.toBe(trace.parentId)
})
