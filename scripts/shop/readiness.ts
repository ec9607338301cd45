/** Waits until every process of the shop says that it is ready. */
import { pause } from '../../core/resilience/pause.ts'

export interface Probe {
  readonly name: string
  readonly url: string
}

/**
 * Asks each `/health/ready` until it answers 200.
 *
 * @param options.limit milliseconds until it gives up
 * @param options.signal gives up at once
 * @returns the names of those that were not ready in time; empty when all are
 */
export async function waitUntilReady(
  probes: readonly Probe[],
  options: { readonly limit: number; readonly signal: AbortSignal },
): Promise<readonly string[]> {
  const end = performance.now() + options.limit
  const ready = await Promise.all(probes.map((probe) => until(probe, end, options.signal)))
  return probes.filter((_, index) => ready[index] !== true).map(({ name }) => name)
}

async function until(probe: Probe, end: number, signal: AbortSignal): Promise<boolean> {
  while (performance.now() < end && !signal.aborted) {
    if (await isReady(probe.url)) return true
    await pause(50)
  }
  return false
}

async function isReady(url: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(1_000) })
    await answer.arrayBuffer()
    return answer.status === 200
  } catch {
    return false
  }
}
