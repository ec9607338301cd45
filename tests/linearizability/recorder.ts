/** Writes down what clients ask a shop and what they hear, for the checker. */
import type { Answer } from '../support/buyers.ts'
import type { Operation } from './checker.ts'

/** A request that may have had an effect. */
export interface Asked {
  readonly invoked: number
  readonly returned: number
  /** Null when there was no lasting answer. */
  readonly answer: Answer | null
}

export interface Recorder<Input, Output> {
  readonly history: readonly Operation<Input, Output>[]
  /** An `output` of null: nobody knows what came of it. */
  note(object: string, asked: Asked, input: Input, output: Output | null): void
  /** Too much is unknown of the object to be searched in all its variants: it is left alone. */
  isMurky(object: string): boolean
}

/** Operations of unknown outcome on one object. */
const maxUnknown = 8

export function createRecorder<Input, Output>(): Recorder<Input, Output> {
  const history: Operation<Input, Output>[] = []
  const unknown = new Map<string, number>()
  return {
    history,
    note(object, { invoked, returned: answered }, input, output) {
      const returned = output === null ? Infinity : answered
      history.push({ object, input, output, invoked, returned })
      if (output === null) unknown.set(object, (unknown.get(object) ?? 0) + 1)
    },
    isMurky: (object) => (unknown.get(object) ?? 0) >= maxUnknown,
  }
}

/** Milliseconds after which a client hangs up: longer than most pauses, shorter than some. */
const clientPatience = 4_000

/**
 * One question. After a 5xx, a broken connection or too long a wait nobody knows whether it took
 * effect; a 409 that says "still running" is no answer either.
 *
 * @param harmless codes of refusals that promise that nothing was changed
 * @returns null when it had no effect for sure: nobody listened, or the refusal was a harmless one
 */
export async function ask(
  call: () => Promise<Answer>,
  harmless: readonly string[] = [],
): Promise<Asked | null> {
  const invoked = performance.now()
  const heard = await Promise.race([
    call().catch((error: unknown) => (isRefusedConnection(error) ? 'nobody' : null)),
    Bun.sleep(clientPatience).then(() => null),
  ])
  if (heard === 'nobody') return null
  const code = heard && codeOf(heard)
  if (code !== null && harmless.includes(code)) return null
  const lasts = heard !== null && heard.status < 500 && code !== 'request_in_progress'
  return { invoked, returned: performance.now(), answer: lasts ? heard : null }
}

const isRefusedConnection = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ConnectionRefused'

/**
 * Asks until there is an answer or the client has lost patience. Every question is an operation of
 * its own: the one before may still lie in a paused process and take effect after the last answer.
 *
 * @param once one question; true when it should not be repeated
 */
export async function insist(times: number, once: () => Promise<boolean>): Promise<void> {
  for (let time = 1; !(await once()) && time < times; time++) {
    await Bun.sleep(time * (100 + Math.random() * 300))
  }
}

/** The stable code of a problem; null for every other answer. */
export function codeOf({ status, text }: Answer): string | null {
  if (status < 400) return null
  return (JSON.parse(text) as { code?: string }).code ?? null
}

/** An answer that no model knows: the test that gets it fails. */
export const strange = (what: string, { status, text }: Answer): Error =>
  new Error(`${what} was answered with ${status}: ${text}`)
