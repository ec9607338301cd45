/**
 * How late a request may come that changes stock: it says when its sender last knew that it was wanted,
 * and the receiver refuses it once that is too long ago.
 *
 * A deadline cannot do this. It is a remaining time, so it starts anew where a request has lain: in the
 * buffer of a process that stood still, or in a call that a stopped process goes on with.
 */
import { millis, type Millis } from '../values/time.ts'

/** Carries the sender's clock in epoch milliseconds, read before what made it send the request. */
export const askedAtHeader = 'x-asked-at'

/**
 * An hour. Every budget and retry of the shop ends within seconds, and service tokens refuse clocks that
 * differ by more; so what is older comes from a process that stood still.
 */
export const latest = 60 * 60 * 1000

/** What the header says; undefined without one, as builds that do not send it forget nothing either. */
export const askedAt = (header: string | null): Millis | undefined =>
  header !== null && /^\d{1,15}$/.test(header) ? millis(Number(header)) : undefined

/** Whether a request that was asked for at `at` comes too late to change anything. */
export const isTooLate = (at: Millis, now: Millis): boolean => now - at > latest
