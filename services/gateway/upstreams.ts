/**
 * The copies of one service, and which of them may be asked right now.
 *
 * ```
 *   unknown ──200──► ready ──503, refused, or two late answers──► down ──200──► ready
 * ```
 *
 * Asking before sending is what lets a copy drain: it says 503 while it still answers, and from then
 * on gets no request that its end could cut.
 */
import type { Logger } from '../../core/logging/logger.ts'
import { every, type Worker } from '../../core/resilience/worker.ts'
import type { ServiceName } from '../../core/values/service-name.ts'

export interface Upstreams {
  readonly service: ServiceName
  /** The address of the next ready copy in turn; null when none is. `avoid` only if it is the last one. */
  pick(avoid?: string): string | null
  /** A copy refused a connection: it is down until a check says otherwise. */
  refused(address: string): void
  /** Resolves when every copy was asked once. */
  readonly checked: Promise<void>
  stop(): Promise<void>
}

export interface UpstreamOptions {
  readonly service: ServiceName
  readonly addresses: readonly string[]
  /** Milliseconds between two checks of a copy. */
  readonly interval: number
  readonly log: Logger
}

interface Copy {
  readonly address: string
  ready: boolean
  late: number
}

/** Milliseconds until a check counts as late. */
const checkLimit = 1_000

/** A busy copy may be late once; two in a row mean that it hangs. */
const lateAllowed = 1

export function watchUpstreams({ service, addresses, interval, log }: UpstreamOptions): Upstreams {
  const copies = addresses.map((address): Copy => ({ address, ready: false, late: 0 }))
  let turn = 0

  function set(copy: Copy, ready: boolean, reason: string): void {
    if (copy.ready === ready) return
    copy.ready = ready
    const line = { upstream: service, reason }
    if (ready) log.info(line, 'upstream is ready')
    else log.warn(line, 'upstream is not ready')
  }

  async function check(copy: Copy): Promise<void> {
    try {
      const answer = await fetch(`${copy.address}/health/ready`, {
        signal: AbortSignal.timeout(checkLimit),
      })
      await answer.arrayBuffer()
      copy.late = 0
      set(copy, answer.status === 200, `answered ${answer.status}`)
    } catch (error) {
      const late = error instanceof Error && error.name === 'TimeoutError'
      copy.late = late ? copy.late + 1 : 0
      if (!late || copy.late > lateAllowed) set(copy, false, late ? 'late' : 'not reachable')
    }
  }

  let workers: readonly Worker[] = []
  let stopped = false
  async function begin(): Promise<void> {
    await Promise.all(copies.map(check))
    if (stopped) return
    workers = copies.map((copy) =>
      every(interval, () => check(copy), { log, name: `check of ${service}` }),
    )
  }
  const checked = begin()

  return {
    service,
    checked,
    pick(avoid) {
      const ready = copies.filter((copy) => copy.ready)
      const others = ready.length > 1 ? ready.filter(({ address }) => address !== avoid) : ready
      turn = (turn + 1) % Math.max(1, others.length)
      return others[turn]?.address ?? null
    },
    refused(address) {
      const copy = copies.find((each) => each.address === address)
      if (copy !== undefined) set(copy, false, 'refused a connection')
    },
    async stop() {
      stopped = true
      await checked
      await Promise.all(workers.map((worker) => worker.stop()))
    },
  }
}
