/** How late the event loop is: what a timer of 10 ms saw since the last scrape. */
import { monitorEventLoopDelay } from 'node:perf_hooks'

/** Milliseconds between two looks. */
export const watchResolution = 10

/**
 * Largest and percentiles, in seconds. Mean and deviation are left out: on Bun they walk the whole
 * histogram at each scrape (70 and 270 us, the others 5 us together).
 */
export const loopDelays = ['max', 'p50', 'p90', 'p99'] as const

export type LoopDelays = Readonly<Record<(typeof loopDelays)[number], number>>

/** Seconds that one turn of the loop took, as measured at the call before; 0 at the first. */
export function watchTurn(): () => number {
  let last = 0
  return () => {
    const started = performance.now()
    setImmediate(() => {
      last = (performance.now() - started) / 1000
    })
    return last
  }
}

/** Each call ends one window and begins the next. */
export function watchEventLoop(): () => LoopDelays {
  const histogram = monitorEventLoopDelay({ resolution: watchResolution })
  histogram.enable()
  return () => {
    const delays = {
      max: histogram.max / 1e9,
      p50: histogram.percentile(50) / 1e9,
      p90: histogram.percentile(90) / 1e9,
      p99: histogram.percentile(99) / 1e9,
    }
    histogram.reset()
    return delays
  }
}
