/** The client's address: the peer's, unless the peer is a proxy that we run. */
import type { Inbound } from './engine/engine.ts'

/**
 * Builds the reader. `X-Forwarded-For` counts only from a configured proxy, and only its last entry,
 * which is the one that this proxy itself has added.
 */
export function addressReader(proxies: readonly string[]): (inbound: Inbound) => string {
  const trusted = new Set(proxies)
  return (inbound) => {
    const peer = inbound.address
    if (!trusted.has(peer)) return peer
    return inbound.header('x-forwarded-for')?.split(',').at(-1)?.trim() || peer
  }
}
