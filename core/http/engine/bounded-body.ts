/** A whole body of bounded size. */
import { problem, type Problem } from '../problem.ts'

export const tooLarge = (limit: number): Problem =>
  problem('payload_too_large', { values: { limit } })

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
