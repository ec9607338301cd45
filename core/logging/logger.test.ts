/** Logs: the shape of a line, and a secret that must not be in any of them. */
import { describe, expect, test } from 'bun:test'
import { problem } from '../http/problem.ts'
import { newTrace } from '../resilience/trace-context.ts'
import { within } from '../tracing/scope.ts'
import { accessLine, createLogger, errorForLog } from './logger.ts'

const secret = 'hunter2-secret'

function capture() {
  const lines: string[] = []
  const log = createLogger({
    service: 'cart',
    level: 'debug',
    destination: { write: (line) => void lines.push(line) },
  })
  return { log, lines }
}

const line = {
  request_id: 'r1',
  trace_id: 't1',
  method: 'GET',
  route: '/orders/:id',
  status: 200,
  duration_ms: 1.5,
}

test('a line is one JSON object with level, time, service and its fields', () => {
  const { log, lines } = capture()
  log.info(accessLine(line))
  expect(lines).toHaveLength(1)
  const written = JSON.parse(lines[0] ?? '')
  expect(written).toEqual({ ...line, level: 'info', service: 'cart', time: written.time })
  expect(new Date(written.time).toISOString()).toBe(written.time)
})

test('a line inside of a request carries its ids, and one outside carries none', () => {
  const { log, lines } = capture()
  const trace = newTrace()
  within({ sampled: null, trace, requestId: 'r1' }, () => log.warn({ upstream: 'order' }, 'inside'))
  within({ sampled: null, trace }, () => log.warn({ trace_id: 'own' }, 'its own win'))
  log.warn('outside')
  const written = lines.map((each) => JSON.parse(each) as Record<string, unknown>)
  expect(written[0]).toMatchObject({ trace_id: trace.traceId, request_id: 'r1', upstream: 'order' })
  expect(written[1]).toMatchObject({ trace_id: 'own' })
  expect(Object.keys(written[2] ?? {})).toEqual(['level', 'time', 'service', 'msg'])
})

test('lines below the level are not written', () => {
  const { log, lines } = capture()
  log.trace('no')
  log.debug('yes')
  expect(lines).toHaveLength(1)
})

describe('a secret', () => {
  test('stays out of the access line, whatever the caller hands over', () => {
    const { log, lines } = capture()
    const request = { ...line, headers: { authorization: secret }, url: `/?token=${secret}` }
    log.info(accessLine(request))
    expect(lines.join('')).not.toContain(secret)
  })

  test('stays out of a logged error, its causes and what they carry', () => {
    const { log, lines } = capture()
    const cause = Object.assign(new Error('refused'), {
      code: 'ECONNREFUSED',
      request: { body: secret, headers: { authorization: secret } },
    })
    const error = problem('service_unavailable', {
      values: { service: 'order' },
      extra: { password: secret },
      cause,
    })
    log.error(error)
    log.error({ err: error }, 'failed')
    log.error({ err: { password: secret } }, 'failed')
    expect(lines.join('')).not.toContain(secret)
    const { err } = JSON.parse(lines[1] ?? '')
    expect(err).toMatchObject({
      type: 'Problem',
      message: 'The order service is not available right now',
      code: 'service_unavailable',
      cause: { type: 'Error', message: 'refused', code: 'ECONNREFUSED' },
    })
    expect(err.stack).toContain('logger.test.ts')
  })

  test('stays out of the members that usually hold one', () => {
    const { log, lines } = capture()
    const names = [
      'authorization',
      'body',
      'cookie',
      'headers',
      'password',
      'req',
      'request',
      'token',
    ]
    for (const name of names) log.info({ [name]: { deep: secret } }, 'careless')
    expect(lines).toHaveLength(names.length)
    expect(lines.join('')).not.toContain(secret)
  })
})

test('causes that refer to each other end', () => {
  const error = new Error('a')
  error.cause = error
  expect(errorForLog(error).cause?.cause?.cause?.cause).toBeUndefined()
})
