/** What an error of `fetch` says about the request: whether a byte of it can have left. */

/**
 * Errors of `fetch` that come before any byte is sent. Bun 1.4 and Node name them by the system's
 * error code, older Bun by its own words. A reset (ECONNRESET) is not among them: it is also what a
 * kept-alive connection gives when the peer went away, and nobody can tell what it read before.
 */
const beforeSending = new Set([
  'ConnectionRefused',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'FailedToOpenSocket',
])

/** True when the connection could not be made, so that trying again elsewhere doubles nothing. */
export const neverSent = (error: unknown): boolean => beforeSending.has(String(errorCode(error)))

/** Bun puts the code on the error, Node on its cause. */
function errorCode(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined
  return 'code' in error ? error.code : errorCode(error.cause)
}
