/** Ctrl-C, as one wish to stop and then as an order. */

/** Milliseconds. A terminal and npm both pass on one Ctrl-C; what comes later is meant as a second one. */
const sameSignal = 500

/** The first SIGINT or SIGTERM asks for a stop; a second one ends everything at once. */
export function stopSignal(): {
  readonly signal: AbortSignal
  readonly received: Promise<void>
} {
  const controller = new AbortController()
  let first: number | null = null
  const received = new Promise<void>((settle) => {
    const onSignal = (): void => {
      if (first === null) {
        first = performance.now()
        controller.abort()
        settle()
      } else if (performance.now() - first > sameSignal) {
        process.exit(1)
      }
    }
    process.on('SIGINT', onSignal)
    process.on('SIGTERM', onSignal)
  })
  return { signal: controller.signal, received }
}
