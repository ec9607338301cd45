/**
 * A listening process from start to exit.
 *
 * ```
 *   SIGTERM ──► ready answers 503 ──► wait for the balancer ──► stop accepting ──► in flight ends
 *                                                     ──► stop() flushes and closes ──► exit 0
 *   a second SIGTERM that comes clearly later, or the end of the grace period: exit at once
 * ```
 *
 * A stop often reaches a process twice: once as a member of its process group, once from its parent. So
 * SIGTERM counts again only after a second, and SIGINT, which the launcher sends, never.
 */
import { isIP } from 'node:net'
import { engine } from '../http/engine/chosen.ts'
import type { Handle, Listening } from '../http/engine/engine.ts'
import type { Logger } from '../logging/logger.ts'
import { pause } from '../resilience/pause.ts'
import { sameSignal } from './same-signal.ts'

export interface ServeOptions {
  readonly host: string
  readonly port: number
  readonly handle: Handle
  readonly log: Logger
  /** Milliseconds of silence that end a connection; 75,000 unless stated. */
  readonly idleTimeout?: number
  /** Milliseconds between turning unready and refusing connections, for the balancer to notice. */
  readonly drainDelay: number
  /** Milliseconds from the signal to the forced exit. */
  readonly grace: number
  /** From here on the process must answer "not ready". */
  readonly onDraining: () => void
  /** False before the start is complete: then no balancer has to notice the end. */
  readonly isServing?: () => boolean
  /** Requests still waiting for their answer. */
  readonly inFlight: () => number
  /** Ends background work and closes the store; runs when the last request is answered. */
  readonly stop: () => Promise<void>
}

/** Longer than balancers hold their idle connections; event streams keep themselves alive. */
const defaultIdleTimeout = 75_000

/** Starts listening and takes the signals over; throws one sentence when the port is taken. */
export function serve(options: ServeOptions): Listening {
  const { log } = options
  const listening = listen(options)
  let draining = false
  let firstTermination: number | null = null

  async function shutdown(signal: string): Promise<void> {
    if (draining) return
    draining = true
    log.info({ signal }, 'draining')
    setTimeout(() => {
      log.error({ in_flight: options.inFlight() }, 'grace period is over')
      process.exit(1)
    }, options.grace).unref()
    options.onDraining()
    if (options.isServing?.() !== false) await pause(options.drainDelay)
    await finishRequests(listening, options.inFlight)
    await options.stop()
    log.info('stopped')
    log.flush()
    process.exit(0)
  }

  const onSignal = (signal: NodeJS.Signals): void => {
    if (signal === 'SIGTERM') {
      firstTermination ??= performance.now()
      if (performance.now() - firstTermination > sameSignal) process.exit(1)
    }
    shutdown(signal).catch((error: unknown) => {
      log.fatal({ err: error }, 'shutdown failed')
      process.exit(1)
    })
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  return listening
}

function listen(options: ServeOptions): Listening {
  try {
    return engine.listen({
      host: options.host,
      port: options.port,
      idleTimeout: options.idleTimeout ?? defaultIdleTimeout,
      handle: options.handle,
      onError: (error) => options.log.error({ err: error }, 'an error escaped the handle'),
    })
  } catch (error) {
    const reason = whyNot(options, error)
    throw reason === null ? error : new Error(reason, { cause: error })
  }
}

const wrongAddress: ReadonlySet<unknown> = new Set(['EADDRNOTAVAIL', 'EINVAL', 'ENOTFOUND'])

/** One sentence; null for what has nothing to do with host and port. */
function whyNot({ host, port }: ServeOptions, error: unknown): string | null {
  const code = error instanceof Error && 'code' in error ? error.code : null
  const wrongHost = `HOST is ${JSON.stringify(host)}, which is no address of this machine`
  if (wrongAddress.has(code)) return `${wrongHost}.`
  if (code !== 'EADDRINUSE') return null
  // Engines say the same of a name that nobody knows.
  const taken = `Port ${port} on ${host} is in use`
  return isIP(host) === 0 && host !== 'localhost' ? `${taken}, or ${wrongHost}.` : `${taken}.`
}

/** Connections that carry no request would hold the engine's own drain open, so only requests count. */
async function finishRequests(listening: Listening, inFlight: () => number): Promise<void> {
  const drained = listening.drain()
  drained.catch(() => {})
  while (inFlight() > 0) await pause(10)
  // The last answers are still on their way through the sockets.
  await Promise.race([drained, pause(100)])
  await listening.close()
}
