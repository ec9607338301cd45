/**
 * Request targets that two readers could understand in two ways: one list for both gateways, the
 * services, and the configuration of nginx that is made from it. A target is judged as it was sent,
 * before anything is decoded or normalised.
 */

export interface BadTarget {
  /** What the client is told. */
  readonly reason: string
  /**
   * Found in the path, letter case ignored; in the words that JavaScript and PCRE share. Each begins
   * with one character that is rare in paths: engines look for that at once, and for alternatives slowly.
   */
  readonly pattern: string
  /** Looked for in the query as well. */
  readonly inQuery?: true
}

const separators = 'The path must not hold encoded slashes or backslashes'
const controls = 'The path must not hold control characters'
const encoding = 'The path is not percent-encoded UTF-8'
// A client never sends its fragment; the client of an inner call would cut it off after the check.
const fragment = 'The target must not hold a fragment'

export const badTargets: readonly BadTarget[] = [
  { reason: 'The path must begin with a slash', pattern: '^(?!/)' },
  { reason: separators, pattern: '\\\\' },
  { reason: separators, pattern: '%(2f|5c)' },
  { reason: fragment, pattern: '#', inQuery: true },
  { reason: 'The path must not hold dot segments', pattern: '/(\\.|%2e){1,2}(;|%3b|/|$)' },
  { reason: controls, pattern: '[\\x00-\\x1f\\x7f]' },
  { reason: controls, pattern: '%([01]|7f)' },
  { reason: encoding, pattern: '%(?![0-9a-f]{2})' },
  // Bytes that UTF-8 never has, and longer forms of what has a shorter one: some readers see a slash.
  { reason: encoding, pattern: '%(c[01]|f[5-9a-f]|e0%[89]|f0%8)' },
]

const rules = badTargets.map(({ reason, pattern }) => ({ reason, found: new RegExp(pattern, 'i') }))

/**
 * Why a target is refused; null when there is one way to read it.
 *
 * @param path as sent, percent-encoded, without the query
 * @param query as sent, without its `?`
 */
export function faultOfTarget(path: string, query: string): string | null {
  for (const { reason, found } of rules) if (found.test(path)) return reason
  return faultOfQuery(query)
}

/** What the list looks for in queries. */
function faultOfQuery(query: string): string | null {
  return query.includes('#') ? fragment : null
}

/**
 * The same for a path that met a route. Its fixed segments are those of the route letter by letter, so
 * only values of parameters are looked at, and the list is asked about those few that may be in it.
 */
export function faultOfMatch(
  path: string,
  query: string,
  params: Readonly<Record<string, string>>,
): string | null {
  for (const name in params) {
    if (isSuspicious(params[name] ?? '')) return faultOfTarget(path, query)
  }
  return faultOfQuery(query)
}

/**
 * Whether a decoded segment looks like what the list refuses; may find more than that. A loop, as
 * every page of a category comes by: 70 ns for a Cyrillic name, where a pattern took 200.
 */
function isSuspicious(segment: string): boolean {
  for (let index = 0; index < segment.length; index++) {
    const code = segment.charCodeAt(index)
    // Control characters and their last, `#`, `/`, `\`.
    if (code < 32 || code === 127 || code === 35 || code === 47 || code === 92) return true
  }
  return segment.startsWith('.')
}
