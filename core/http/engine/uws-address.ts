/** Addresses of peers as uWebSockets.js writes them, in the short form of everybody else. */

/** IPv4 comes as usual; IPv6 with all its zeros, and so does IPv4 that is mapped into it. */
export function shortAddress(text: string): string {
  if (!text.includes(':')) return text
  const mapped = /^(?:0000:){5}ffff:(..)(..):(..)(..)$/.exec(text)?.slice(1)
  if (mapped !== undefined) {
    return `::ffff:${mapped.map((byte) => Number.parseInt(byte, 16)).join('.')}`
  }
  // A URL knows the short form of RFC 5952.
  return new URL(`http://[${text}]`).hostname.slice(1, -1)
}
