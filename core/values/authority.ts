/** Host and port as one text, and apart again: an IPv6 address stands in brackets (RFC 3986, 3.2.2). */

/** The host itself, whether it was written with brackets or without. */
export const plainHost = (host: string): string => /^\[(.*)\]$/.exec(host)?.[1] ?? host

/** `127.0.0.1:8080`, `[::1]:8080`. */
export function authorityOf(host: string, port: number): string {
  const plain = plainHost(host)
  return plain.includes(':') ? `[${plain}]:${port}` : `${plain}:${port}`
}

/** What means every address of a machine is no address to ask at. */
const reachable: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }

/** The URL at which this machine reaches what listens on `host`, without a slash at its end. */
export const urlOfListener = (host: string, port: number): string =>
  `http://${authorityOf(reachable[plainHost(host)] ?? host, port)}`

/** Host and port of a text; the port is `otherwise` where it names none. */
export function hostAndPort(
  text: string,
  otherwise: number,
): { readonly host: string; readonly port: number } {
  const [, bracketed, bare, port] = /^(?:\[(.+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? []
  // Several colons and no brackets: an IPv6 address alone.
  return { host: bracketed ?? bare ?? text, port: Number(port ?? otherwise) }
}
