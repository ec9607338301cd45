/** Patterns that never see a text longer than its field may be, whatever is asked of the validator. */
import type { TSchema } from 'typebox'

/**
 * TypeBox checks a length before a pattern, but lists all mistakes of a value that it refuses, and
 * then runs the pattern all the same: one that needs n^2 steps took 10.7 s for a body of 64 KB. What
 * is too long passes here, as its length is told as the mistake.
 */
class BoundedPattern extends RegExp {
  readonly #written: string
  readonly #longest: number

  constructor(pattern: string, maxLength: number) {
    super(pattern, 'u')
    this.#written = pattern
    // A length counts code points, of two units at most.
    this.#longest = 2 * maxLength
  }

  override test(text: string): boolean {
    return text.length > this.#longest || super.test(text)
  }

  /** As messages show it. */
  override toString(): string {
    return this.#written
  }
}

/** Data of these keywords may look like a schema and is none. */
const dataKeywords = new Set(['examples', 'default', 'enum', 'const'])

/** The schema with each of its patterns bounded; throws at boot for one without a `maxLength`. */
export const withBoundedPatterns = <S extends TSchema>(schema: S): S =>
  // Keywords that are no pattern stay, so it describes the same values.
  bounded(schema) as S

function bounded(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(bounded)
  if (node === null || typeof node !== 'object') return node
  const { pattern, maxLength } = node as {
    readonly pattern?: unknown
    readonly maxLength?: unknown
  }
  const copy = Object.fromEntries(
    Object.entries(node).map(([name, each]) => [
      name,
      dataKeywords.has(name) ? each : bounded(each),
    ]),
  )
  if (typeof pattern !== 'string') return copy
  if (typeof maxLength !== 'number') {
    throw new Error(`A pattern needs a maxLength beside it: ${pattern}`)
  }
  return { ...copy, pattern: new BoundedPattern(pattern, maxLength) }
}
