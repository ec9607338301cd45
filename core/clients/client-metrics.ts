/** Metrics of the calls to other services: outcomes, times, retries, and what the breakers do. */
import { isBrokenCircuitError, isBulkheadRejectedError } from 'cockatiel'
import type { Metrics } from '../metrics/metrics.ts'
import type { ServiceName } from '../values/service-name.ts'
import {
  UpstreamFailure,
  type BreakerState,
  type ClientEvents,
  type ServiceClient,
} from './service-client.ts'

export interface MeteredClient {
  /** For the client when it is made. */
  readonly events: ClientEvents
  /** The same client, whose calls are counted and timed. */
  measured(client: ServiceClient): ServiceClient
}

const results = ['answered', 'failed', 'refused'] as const
const states = ['open', 'half_open', 'closed'] as const satisfies readonly BreakerState[]

/** The series of a peer exist, at zero, from when its client is made. */
export function createClientMetrics(metrics: Metrics): (peer: ServiceName) => MeteredClient {
  const calls = metrics.counter('service_calls_total', 'Calls to another service', [
    'peer',
    'result',
  ])
  const durations = metrics.histogram(
    'service_call_duration_seconds',
    'Time of a call to another service, waits and retries included',
    { labels: ['peer'] },
  )
  const retries = metrics.counter('service_call_retries_total', 'Attempts after the first', [
    'peer',
  ])
  const exhausted = metrics.counter(
    'retry_budget_exhausted_total',
    'Retries that the budget did not allow',
    ['peer'],
  )
  const transitions = metrics.counter(
    'circuit_breaker_transitions_total',
    'Changes of state of circuit breakers',
    ['peer', 'to'],
  )
  /** For each client of a peer, the copies whose breaker lets nothing, or one probe, through. */
  const open = new Map<ServiceName, Set<string>[]>()
  metrics.gauge(
    'circuit_breaker_open',
    'Circuit breakers that stop calls now',
    () =>
      Array.from(open, ([peer, clients]) => ({
        labels: { peer },
        value: clients.reduce((sum, copies) => sum + copies.size, 0),
      })),
    ['peer'],
  )

  return (peer) => {
    const slots = slotsOf(results, (result) => calls.slot({ peer, result }))
    const changes = slotsOf(states, (to) => transitions.slot({ peer, to }))
    const duration = durations.slot({ peer })
    const retry = retries.slot({ peer })
    const empty = exhausted.slot({ peer })
    const copies = new Set<string>()
    open.set(peer, [...(open.get(peer) ?? []), copies])

    function finish(result: (typeof results)[number], started: number): void {
      slots[result].inc()
      duration.observe((performance.now() - started) / 1000)
    }

    return {
      events: {
        onRetry: () => retry.inc(),
        onBudgetExhausted: () => empty.inc(),
        onBreaker(copy, state) {
          changes[state].inc()
          if (state === 'closed') copies.delete(copy)
          else copies.add(copy)
        },
      },
      measured: (client) => ({
        ...client,
        async call(request) {
          const started = performance.now()
          try {
            const answer = await client.call(request)
            finish('answered', started)
            return answer
          } catch (error) {
            finish(wasRefusedHere(error) ? 'refused' : 'failed', started)
            throw error
          }
        },
      }),
    }
  }
}

/** Stopped on this side, before anything was sent. */
const wasRefusedHere = (error: unknown): boolean =>
  error instanceof UpstreamFailure &&
  (isBrokenCircuitError(error.cause) || isBulkheadRejectedError(error.cause))

const slotsOf = <Name extends string, Slot>(
  names: readonly Name[],
  make: (name: Name) => Slot,
): Readonly<Record<Name, Slot>> =>
  // Made from the list of all names.
  Object.fromEntries(names.map((name) => [name, make(name)])) as Record<Name, Slot>
