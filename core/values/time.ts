/** Time as the shop keeps it: epoch milliseconds inside, RFC 3339 in UTC outside, from an injected clock. */
import type { Brand } from './brand.ts'

/** Milliseconds: a point in time counted from the Unix epoch, or a span of time. */
export type Millis = Brand<number, 'Millis'>

/** Where the current time comes from; tests inject their own. */
export interface Clock {
  now(): Millis
}

/** Reads a plain number of milliseconds as a branded one. */
export const millis = (value: number): Millis => value as Millis

export const systemClock: Clock = { now: () => millis(Date.now()) }

/** A clock that stands still until it is told to advance. */
export function manualClock(start: number): Clock & { advance(by: number): void } {
  let current = start
  return {
    now: () => millis(current),
    advance(by) {
      current += by
    },
  }
}

/** Formats a point in time as RFC 3339 in UTC with milliseconds, for example `2026-01-31T09:30:00.000Z`. */
export const toRfc3339 = (at: Millis): string => new Date(at).toISOString()
