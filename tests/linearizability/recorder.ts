/** Writes down what clients ask a shop and what they hear, for the checker. */
import type { Answer } from '../support/buyers.ts'
import type { Operation } from './checker.ts'

/** A call as its client knows it. */
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
  /** Operations on an object of which nobody knows what came of them. */
  unknown(object: string): number
}

export function createRecorder<Input, Output>(): Recorder<Input, Output> {
  const history: Operation<Input, Output>[] = []
  const open = new Map<string, number>()
  return {
    history,
    note(object, { invoked, returned }, input, output) {
      if (output === null) open.set(object, (open.get(object) ?? 0) + 1)
      history.push({
        object,
        input,
        output,
        invoked,
        returned: output === null ? Infinity : returned,
      })
    },
    unknown: (object) => open.get(object) ?? 0,
  }
}

/** Milliseconds after which a client hangs up: longer than most pauses, shorter than some. */
const clientPatience = 4_000

/**
 * One question. After a 5xx, a broken connection or too long a wait nobody knows whether it took
 * effect; a 409 that says "still running" is no answer either.
 */
export async function ask(call: () => Promise<Answer>): Promise<Asked> {
  const invoked = performance.now()
  const answer = await Promise.race([
    call().catch(() => null),
    Bun.sleep(clientPatience).then(() => null),
  ])
  const lasting = answer !== null && answer.status < 500 && codeOf(answer) !== 'request_in_progress'
  return { invoked, returned: performance.now(), answer: lasting ? answer : null }
}

/**
 * Asks again after each silence until the client has lost patience. Every question is an operation of
 * its own: the one before may still lie in a paused process and take effect after the last answer.
 *
 * @param once one question, and whether there was an answer
 */
export async function insist(times: number, once: () => Promise<boolean>): Promise<void> {
  for (let time = 1; !(await once()) && time < times; time++) {
    await Bun.sleep(100 + Math.random() * 300)
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
