/** Ctrl-C, as one wish to stop and then as an order. */
import { sameSignal } from '../../core/lifecycle/same-signal.ts'

/**
 * The first SIGINT or SIGTERM asks for a stop; the same one again ends everything at once. A terminal,
 * npm and a service manager each pass on the one signal that was meant, and the launcher
 * sends its processes the other kind: neither means "at once".
 */
export function stopSignal(): {
  readonly signal: AbortSignal
  readonly received: Promise<void>
} {
  const controller = new AbortController()
  const first = new Map<NodeJS.Signals, number>()
  const received = new Promise<void>((settle) => {
    const onSignal = (kind: NodeJS.Signals): void => {
      const now = performance.now()
      if (now - (first.get(kind) ?? now) > sameSignal) process.exit(1)
      if (!first.has(kind)) first.set(kind, now)
      controller.abort()
      settle()
    }
    process.on('SIGINT', onSignal)
    process.on('SIGTERM', onSignal)
  })
  return { signal: controller.signal, received }
}
