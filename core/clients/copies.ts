/**
 * The copies of one service, and which of them may be asked right now.
 *
 * ```
 *            200                    503 "store unavailable"
 *   ┌────────────────────► ready ◄─────────────────────────► impaired
 *   │                        │  any other answer, refused,      │
 *   │                        ▼  or two late answers             ▼
 *   └────────────────────── down ◄──────────────────────────────┘
 * ```
 *
 * Asking before sending is what lets a copy drain: it says 503 while it still answers, and from then
 * on gets no request that its end could cut. An impaired copy gets requests while no copy is ready:
 * it still answers what it has in memory, and says itself what it cannot do.
 */
import { storeUnavailable } from '../lifecycle/health.ts'
import type { Logger } from '../logging/logger.ts'
import { every, type Worker } from '../resilience/worker.ts'
import type { ServiceName } from '../values/service-name.ts'

export interface Copies {
  readonly service: ServiceName
  /** The address of the next copy in turn that may be asked and is not among `tried`; null for none. */
  pick(tried?: readonly string[]): string | null
  /** Whether a copy that is not among `tried` is known to answer. */
  hasOther(tried: readonly string[]): boolean
  /** A copy refused a connection or let a call time out: it gets nothing until a check says otherwise. */
  failed(address: string): void
  /** Aborts when checks find that the copy hangs: whoever waits for an answer waits in vain. */
  hung(address: string): AbortSignal
  /** Resolves when every copy was asked once. */
  readonly checked: Promise<void>
  stop(): Promise<void>
}

export interface CopiesOptions {
  readonly service: ServiceName
  readonly addresses: readonly string[]
  /** Milliseconds between two checks of a copy. */
  readonly interval: number
  /**
   * What is picked while no copy may be asked. `any`: one of them all the same, for a caller whose
   * breaker bounds what that costs; it may have been checked too early. `none`: null.
   */
  readonly otherwise: 'any' | 'none'
  readonly log: Logger
}

type State = 'ready' | 'impaired' | 'down'

interface Copy {
  readonly address: string
  state: State
  /** What the log says of it: only what checks have found. */
  told: State
  hung: AbortController
  /** The check under way. */
  asking: AbortController | null
}

/** Milliseconds until a check counts as late; two in a row mean that the copy hangs. */
const checkLimit = 1_000

const none: readonly string[] = []
const neverHung = new AbortController().signal

/** Asks each copy for `/health/ready` at the interval, from now on until it is stopped. */
export function watchCopies(options: CopiesOptions): Copies {
  const { service, addresses, interval, otherwise, log } = options
  const copies = addresses.map((address): Copy => ({
    address,
    state: 'down',
    told: 'down',
    hung: new AbortController(),
    asking: null,
  }))
  const byAddress = new Map(copies.map((copy) => [copy.address, copy]))
  let workers: readonly Worker[] = []
  let turn = 0
  let stopped = false

  function set(copy: Copy, state: State, reason: string): void {
    if (stopped) return
    copy.state = state
    if (copy.told === state) return
    copy.told = state
    const line = { upstream: service, copy: copy.address, reason }
    if (state === 'ready') log.info(line, 'upstream is ready')
    else log.warn(line, 'upstream is not ready')
  }

  async function check(copy: Copy): Promise<void> {
    let found = await ask(copy)
    // A busy copy may be late once.
    if (found.late && copy.state !== 'down') found = await ask(copy)
    set(copy, found.state, found.reason)
    if (!found.late || stopped) return
    copy.hung.abort()
    copy.hung = new AbortController()
  }

  async function ask(copy: Copy): Promise<Found> {
    const abort = new AbortController()
    copy.asking = abort
    const timer = setTimeout(() => abort.abort(), checkLimit)
    try {
      const { signal } = abort
      const answer = await fetch(`${copy.address}/health/ready`, { signal, redirect: 'manual' })
      return stateOf(answer.status, await answer.text())
    } catch {
      const late = abort.signal.aborted
      return { state: 'down', reason: late ? 'late' : 'not reachable', late }
    } finally {
      clearTimeout(timer)
      copy.asking = null
    }
  }

  async function begin(): Promise<void> {
    await Promise.all(copies.map(check))
    if (stopped) return
    workers = copies.map((copy) =>
      every(interval, () => check(copy), { log, name: `check of ${service}` }),
    )
  }
  const checked = begin()

  /** Index of the next copy in turn that has this state (null for any); -1 for none. */
  function find(state: State | null, tried: readonly string[]): number {
    for (let step = 1; step <= copies.length; step++) {
      const at = (turn + step) % copies.length
      const copy = copies[at]
      if (copy === undefined || (state !== null && copy.state !== state)) continue
      if (!tried.includes(copy.address)) return at
    }
    return -1
  }

  function findBest(tried: readonly string[]): number {
    const ready = find('ready', tried)
    return ready === -1 ? find('impaired', tried) : ready
  }

  return {
    service,
    checked,
    pick(tried = none) {
      const best = findBest(tried)
      const at = best === -1 && otherwise === 'any' ? find(null, tried) : best
      if (at !== -1) turn = at
      return copies[at]?.address ?? null
    },
    hasOther: (tried) => findBest(tried) !== -1,
    failed(address) {
      const copy = byAddress.get(address)
      if (copy === undefined) return
      copy.state = 'down'
      // One that answers is back within milliseconds: a slow call is not a dead copy.
      workers[copies.indexOf(copy)]?.kick()
    },
    hung: (address) => byAddress.get(address)?.hung.signal ?? neverHung,
    async stop() {
      stopped = true
      for (const { asking } of copies) asking?.abort()
      await checked
      await Promise.all(workers.map((worker) => worker.stop()))
    },
  }
}

/** A service at one address, which may be a balancer of its own: there is nothing to choose. */
export function soleCopy(service: ServiceName, address: string): Copies {
  return {
    service,
    pick: (tried = none) => (tried.includes(address) ? null : address),
    hasOther: () => false,
    failed() {},
    hung: () => neverHung,
    checked: Promise.resolve(),
    async stop() {},
  }
}

interface Found {
  readonly state: State
  readonly reason: string
  readonly late: boolean
}

function stateOf(status: number, body: string): Found {
  if (status === 200) return { state: 'ready', reason: 'answered 200', late: false }
  const impaired = status === 503 && reasonOf(body) === storeUnavailable
  const state = impaired ? 'impaired' : 'down'
  return { state, reason: impaired ? storeUnavailable : `answered ${status}`, late: false }
}

function reasonOf(body: string): unknown {
  try {
    const status: unknown = JSON.parse(body)
    return typeof status === 'object' && status !== null && 'reason' in status
      ? status.reason
      : undefined
  } catch {
    return undefined
  }
}
