/** A request's trace on its way through a route: who gets it, and what is left of it where it is off. */
import { describe, expect, test } from 'bun:test'
import Type from 'typebox'
import { formatTraceparent, newTrace } from '../resilience/trace-context.ts'
import { unsampledTrace } from '../tracing/requests.ts'
import { currentScope } from '../tracing/scope.ts'
import { systemClock } from '../values/time.ts'
import { createBodyIntake } from './body-intake.ts'
import { inboundOf, type Sent } from './inbound.fixture.ts'
import { compileRoute, type PipelineOptions } from './pipeline.ts'
import { problem } from './problem.ts'
import { Reply } from './reply.ts'
import { route, type Call, type Route } from './route.ts'

const thing = route({
  method: 'GET',
  path: '/thing',
  operation: 'get_thing',
  access: 'public',
  summary: 'A thing',
  success: { status: 200, schema: Type.Object({ message: Type.String() }) },
  errors: [],
  handler: () => ({ message: 'done' }),
})

function run(
  more: Partial<Route>,
  sent: Sent,
  further: Partial<PipelineOptions> = {},
): Reply | Promise<Reply> {
  const options: PipelineOptions = {
    authenticate() {
      throw problem('not_authenticated')
    },
    clock: systemClock,
    bodies: createBodyIntake({ places: 10, patience: 60_000 }),
    addressOf: (inbound) => inbound.address,
    ...further,
  }
  return compileRoute({ ...thing, ...more }, options)(inboundOf(sent), {})
}

describe('tracing', () => {
  const sampled = { ...newTrace(true), callerId: null }
  const parent = newTrace(true)
  const sent = { headers: { traceparent: formatTraceparent(parent) } }

  test('asks once, and gives a sampled request its span: to the handler, its scope, the observer', async () => {
    const seen: unknown[] = []
    let asked = 0
    await run(
      {
        handler: async (call) => {
          await Promise.resolve()
          seen.push(call.trace, currentScope()?.sampled)
          return { message: 'done' }
        },
      },
      sent,
      {
        tracing: { sample: () => () => (asked++, sampled), unsampled: () => newTrace() },
        observe: () => (_status, _milliseconds, request) => void seen.push(request.sampled),
      },
    )
    expect(seen).toEqual([sampled, sampled, sampled])
    expect(asked).toBe(1)
  })

  test('observes an answer from memory that is sampled', async () => {
    const seen: unknown[] = []
    await run({ cached: () => new Reply(200, {}, 'known') }, sent, {
      tracing: { sample: () => () => sampled, unsampled: () => newTrace() },
      observe: () => (_status, _milliseconds, request) => void seen.push(request.sampled),
    })
    expect(seen).toEqual([sampled])
  })

  test('hands the caller’s trace on, and no flag of its own, where it does not sample', async () => {
    let trace = newTrace()
    const handler = (call: Call) => {
      trace = call.trace
      return { message: 'done' }
    }
    const tracing = { sample: () => () => null, unsampled: unsampledTrace }
    await run({ handler }, sent, { tracing })
    expect(trace).toMatchObject({ traceId: parent.traceId, sampled: false })
    expect(trace.parentId).not.toBe(parent.parentId)
  })

  test('takes no part where it is off: the trace goes on as it came', async () => {
    let trace = newTrace()
    await run({ handler: (call) => ((trace = call.trace), { message: 'done' }) }, sent)
    expect(trace).toEqual(parent)
  })
})
