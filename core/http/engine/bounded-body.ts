/** A whole body of bounded size, and the two ways in which reading it can fail. */
import { problem, type Problem } from '../problem.ts'

export const tooLarge = (limit: number): Problem =>
  problem('payload_too_large', { values: { limit } })

/** A client that hangs up in the middle of its body is no failure of the server's. */
export const brokenOff = (cause: unknown): Problem =>
  problem('bad_request', { values: { reason: 'The body broke off' }, cause })

/** The pieces as one array. */
export function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const [only] = chunks
  if (chunks.length === 1 && only !== undefined) return only
  const bytes = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.byteLength
  }
  return bytes
}
