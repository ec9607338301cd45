/** The client's address: the peer's, unless the peer is a proxy that we run. */
import { isIP } from 'node:net'
import { inNetworks, plainAddress } from '../values/networks.ts'
import type { Inbound } from './engine/engine.ts'

/**
 * Builds the reader. `X-Forwarded-For` counts only from a configured proxy, and only its last entry,
 * which is the one that this proxy itself has added; where that is no address, the peer's counts.
 *
 * @param proxies addresses and networks
 */
export function addressReader(proxies: readonly string[]): (inbound: Inbound) => string {
  const trusted = inNetworks(proxies)
  return (inbound) => {
    const peer = plainAddress(inbound.address)
    if (!trusted(peer)) return peer
    const last = inbound.header('x-forwarded-for')?.split(',').at(-1)?.trim() ?? ''
    return addressIn(last) ?? peer
  }
}

/** The address of an entry, which may come with a port, and in brackets then. */
function addressIn(entry: string): string | null {
  const bare = /^\[(.*)\](?::\d+)?$/.exec(entry)?.[1] ?? /^([\d.]+):\d+$/.exec(entry)?.[1] ?? entry
  return isIP(bare) === 0 ? null : plainAddress(bare)
}
