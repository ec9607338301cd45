/** Addresses and networks of them (CIDR), and one form for an address that has two. */
import { BlockList, isIP } from 'node:net'

/** Whether an address belongs to a list. */
export type InNetworks = (address: string) => boolean

const mapped = /^::ffff:(?=\d+\.)/i

/** IPv4 that comes in IPv6 form, as it does to who listens on `::`, is the IPv4 address itself. */
export const plainAddress = (address: string): string =>
  address.includes('.') ? address.replace(mapped, '') : address

interface Network {
  readonly address: string
  readonly family: 'ipv4' | 'ipv6'
  readonly prefix: number
}

/** `10.0.0.0/8`, `fd00::/8`, or one address; null for anything else. */
function networkOf(text: string): Network | null {
  const [written = '', bits, more] = text.split('/')
  const address = plainAddress(written)
  const version = written.includes('%') ? 0 : isIP(address)
  if (version === 0 || more !== undefined) return null
  const longest = version === 4 ? 32 : 128
  if (bits !== undefined && !/^\d{1,3}$/.test(bits)) return null
  // The prefix of a mapped address counts from the start of the IPv6 form.
  const prefix = bits === undefined ? longest : Number(bits) - (address === written ? 0 : 96)
  if (prefix < 0 || prefix > longest) return null
  return { address, family: version === 4 ? 'ipv4' : 'ipv6', prefix }
}

export const isNetwork = (text: string): boolean => networkOf(text) !== null

/** Peers whose answer is remembered: a lookup in the list takes 0.6 us, and proxies are few. */
const remembered = 1_000

/**
 * Builds the question whether an address is in one of `networks`.
 *
 * @throws Error that names what is neither an address nor a network
 */
export function inNetworks(networks: readonly string[]): InNetworks {
  if (networks.length === 0) return () => false
  const list = new BlockList()
  for (const text of networks) {
    const network = networkOf(text)
    if (network === null) throw new Error(`${text} is neither an address nor a network.`)
    list.addSubnet(network.address, network.prefix, network.family)
  }
  const known = new Map<string, boolean>()
  return (address) => {
    const before = known.get(address)
    if (before !== undefined) return before
    const plain = plainAddress(address)
    const version = isIP(plain)
    const found = version !== 0 && list.check(plain, version === 4 ? 'ipv4' : 'ipv6')
    if (known.size === remembered) known.clear()
    known.set(address, found)
    return found
  }
}
