/** Which headers pass the gateway, in both directions. */
import { gatewayMark } from '../../core/http/gateway-mark.ts'
import { ownHeaders } from './security.ts'

/** RFC 9110, section 7.6.1, and what older software used in their place. */
const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

/** Set anew by the client of the call inside, which knows the body that it sends. */
const framing = ['host', 'content-length', 'expect']

/**
 * What only the inside may say. The services give nothing on any of these names but the deadline;
 * they go all the same, so that this stays true whatever stands behind the gateway.
 */
export const internalHeaders = [
  'admin',
  'x-admin',
  'x-user-id',
  'x-user-role',
  'x-request-deadline',
  'x-real-ip',
  'forwarded',
]

const requestDrops = new Set([...hopByHop, ...framing, ...internalHeaders])
// The length and date of an answer are set by the engine, once each.
const replyDrops = new Set([...hopByHop, 'content-length', 'date'])

export interface ForwardedBy {
  /** Address of the peer that holds the connection. */
  readonly peer: string
  /** The peer is a configured proxy, so what it says of the client counts. */
  readonly trusted: boolean
  readonly requestId: string
}

/** The headers of the call to a service, made from those of the client's request. */
export function requestHeaders(
  incoming: Iterable<readonly [string, string]>,
  by: ForwardedBy,
): Record<string, string> {
  const headers: Record<string, string> = {}
  const forwarded: Record<string, string> = {}
  let connection = ''
  let host = ''
  for (const [name, value] of incoming) {
    if (name.startsWith('x-forwarded-')) forwarded[name] = value
    else if (!requestDrops.has(name)) headers[name] = value
    else if (name === 'connection') connection = value
    else if (name === 'host') host = value
  }
  // Before our own are set, none of which a client may name away.
  dropNamed(headers, connection)
  const earlier = by.trusted ? forwarded : {}
  // Ends with who asked: the services read the last entry, so a trusted proxy does not add itself.
  headers['x-forwarded-for'] = earlier['x-forwarded-for'] ?? by.peer
  headers['x-forwarded-proto'] = earlier['x-forwarded-proto'] ?? 'http'
  headers['x-forwarded-host'] = earlier['x-forwarded-host'] ?? host
  headers['x-request-id'] = by.requestId
  headers[gatewayMark] = '1'
  // Without it the client of the inner call would ask for encodings that this client cannot read.
  headers['accept-encoding'] ??= 'identity'
  return headers
}

/** The headers of the answer to the client: those of the service's answer, and what browsers may do with it. */
export function replyHeaders(
  incoming: Iterable<readonly [string, string]>,
): Record<string, string> {
  const headers: Record<string, string> = {}
  let connection = ''
  for (const [name, value] of incoming) {
    if (!replyDrops.has(name)) headers[name] = value
    else if (name === 'connection') connection = value
  }
  dropNamed(headers, connection)
  return Object.assign(headers, ownHeaders)
}

/** `Connection` names further headers that end at this hop. */
function dropNamed(headers: Record<string, string>, connection: string): void {
  if (connection === '' || connection === 'keep-alive' || connection === 'close') return
  for (const name of connection.split(',')) delete headers[name.trim().toLowerCase()]
}
