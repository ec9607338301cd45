/** What a micro benchmark is: one hot path in variants that do the same work. */

/** Runs the work once or `batch` times; a promise is waited for. */
export type Work = () => unknown

export interface Suite {
  /** The file that it mirrors, from the project's root. */
  readonly mirrors: string
  /** What one operation is. */
  readonly operation: string
  /** Operations that one call of the work does: a clock tick is long beside a single one. */
  readonly batch: number
  /** The product's own way first, the naive baseline second, others after them. */
  readonly variants: Readonly<Record<string, () => Work | Promise<Work>>>
}

/** Keeps a result alive, so that no compiler may leave the work out. */
export let kept: unknown
export const keep = (value: unknown): void => {
  kept = value
}

/** Work that does one operation `count` times; `at` counts them, for inputs that take turns. */
export function repeated(count: number, operation: (at: number) => unknown): Work {
  return () => {
    for (let at = 0; at < count; at++) keep(operation(at))
  }
}

/** An element of a list that is known not to be empty. */
export const turn = <T>(list: readonly T[], at: number): T => list[at % list.length] as T
