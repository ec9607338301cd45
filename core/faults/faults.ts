/**
 * Planted faults: what goes wrong in production, on a switch, to see alerts fire and resolve. Only the
 * demo profile has them. Each ends by itself, and none costs a request more than a comparison while it
 * is off: the routes are wrapped at boot, and all that they look at is one variable.
 */
import type { Route } from '../http/route.ts'
import type { Logger } from '../logging/logger.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { StoreObserver } from '../metrics/store-metrics.ts'
import { burnProcessor, leakMemory } from './resources.ts'
import { pause } from '../resilience/pause.ts'

/** In the order of their description in docs/monitoring.md. */
export const faultKinds = ['latency', 'errors', 'store', 'cpu', 'memory', 'outbox'] as const
export type FaultKind = (typeof faultKinds)[number]

/** How hard a fault hits; each kind reads its own member. */
export interface Fault {
  readonly kind: FaultKind
  /** Seconds until it ends by itself. */
  readonly seconds: number
  /** `latency`: added to each request. `store`: added to each statement. */
  readonly milliseconds: number
  /** `errors`: share of requests that fail, above 0 and at most 1. */
  readonly share: number
  /** `memory`: where it stops to grow. */
  readonly megabytes: number
}

export interface ActiveFault extends Fault {
  /** Milliseconds since 1970. */
  readonly endsAt: number
}

export interface Faults {
  readonly kinds: readonly FaultKind[]
  active(): readonly ActiveFault[]
  /** Turns a fault on, in place of one of its kind. */
  start(fault: Fault): void
  /** Turns off one kind, or all. */
  end(kind?: FaultKind): void
  /** The same routes, which the faults can reach. */
  planted(routes: readonly Route[]): readonly Route[]
  /** The same observer of an embedded store, which the fault can slow down: all else waits, as for a disk. */
  slowed(observe: StoreObserver): StoreObserver
  /** What a statement for another machine has to wait for first; null while that fault is off. */
  storePause(): Promise<void> | null
  /** True while the outbox is to deliver nothing. */
  outboxHeld(): boolean
}

export interface FaultsOptions {
  /** Those that this service can show. */
  readonly kinds: readonly FaultKind[]
  readonly metrics: Metrics
  readonly log: Logger
}

/** What a request goes through instead of its handler alone. */
type Detour = (handler: () => unknown) => Promise<unknown>

export function createFaults({ kinds, metrics, log }: FaultsOptions): Faults {
  const running = new Map<FaultKind, ActiveFault & { readonly stop: () => void }>()
  let detour: Detour | null = null
  let storeDelay = 0
  metrics.gauge(
    'faults_active',
    'Planted faults that are on',
    () => kinds.map((kind) => ({ labels: { kind }, value: running.has(kind) ? 1 : 0 })),
    ['kind'],
  )

  function start(fault: Fault): void {
    end(fault.kind)
    const undo = begin(fault)
    const timer = setTimeout(() => end(fault.kind), fault.seconds * 1000)
    const stop = (): void => {
      clearTimeout(timer)
      undo()
    }
    running.set(fault.kind, { ...fault, endsAt: Date.now() + fault.seconds * 1000, stop })
    reroute()
    log.warn({ fault: fault.kind, seconds: fault.seconds }, 'planted fault is on')
  }

  /** Returns what ends it. */
  function begin(fault: Fault): () => void {
    switch (fault.kind) {
      case 'cpu':
        return burnProcessor()
      case 'memory':
        return leakMemory(fault.megabytes)
      case 'store':
        storeDelay = fault.milliseconds
        return () => {
          storeDelay = 0
        }
      case 'latency':
      case 'errors':
      case 'outbox':
        return () => {}
      default:
        return fault.kind satisfies never
    }
  }

  function end(kind?: FaultKind): void {
    for (const each of kind === undefined ? kinds : [kind]) {
      const fault = running.get(each)
      if (fault === undefined) continue
      running.delete(each)
      fault.stop()
      log.warn({ fault: each }, 'planted fault is over')
    }
    reroute()
  }

  function reroute(): void {
    const delay = running.get('latency')?.milliseconds ?? 0
    const failing = running.get('errors')?.share ?? 0
    detour =
      delay === 0 && failing === 0
        ? null
        : async (handler) => {
            if (delay > 0) await pause(delay)
            if (Math.random() < failing) throw new Error('A planted fault.')
            return handler()
          }
  }

  return {
    kinds,
    active: () => Array.from(running.values(), ({ stop: _stop, ...fault }) => fault),
    start,
    end,
    planted: (routes) =>
      routes.map((route) => {
        const { handler, cached } = route
        return {
          ...route,
          // What is answered from memory goes the long way while a fault is on.
          ...(cached && { cached: (inbound) => (detour === null ? cached(inbound) : null) }),
          handler: (call) => (detour === null ? handler(call) : detour(() => handler(call))),
        }
      }),
    slowed: (observe) =>
      // The observer is called inside of the statement's call, so waiting here makes that call slow.
      Object.assign((operation: string, milliseconds: number) => {
        if (storeDelay > 0) holdUp(storeDelay)
        observe(operation, milliseconds + storeDelay)
      }, observe),
    storePause: () => (storeDelay > 0 ? pause(storeDelay) : null),
    outboxHeld: () => running.has('outbox'),
  }
}

const nobody = new Int32Array(new SharedArrayBuffer(4))

/** Stops the whole process for a while, as a disk does that answers late. */
const holdUp = (milliseconds: number): void => void Atomics.wait(nobody, 0, 0, milliseconds)
