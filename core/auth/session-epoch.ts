/**
 * Session epochs: a number that all tokens of a user carry and that rises whenever all sessions of
 * that user end. One entry in the feed then refuses every token of before, however many sessions
 * there were. Tokens are compared by it and not by their time: `iat` has seconds, and the clocks of
 * two instances differ.
 *
 * The number is the time of the last such end in seconds, so that it also rises after the store was
 * put back to an older copy, and one more than before where two ends share a second.
 */
import type { Millis } from '../values/time.ts'

/** 2026-01-01T00:00:00Z in Unix seconds: Cassandra's `int` then lasts until 2094. */
const zero = 1_767_225_600

/** The epoch of a user whose sessions never ended all at once. */
export const firstEpoch = 0

export const nextEpoch = (before: number, now: Millis): number =>
  Math.max(before + 1, Math.floor(now / 1000) - zero)

/**
 * The epoch of a token that carries none, as one that was signed by an earlier build: it is refused
 * when all sessions ended in the second of its issue or later.
 *
 * @param issuedAt Unix seconds, the claim `iat`
 */
export const epochOfIssue = (issuedAt: number): number => Math.floor(issuedAt) - zero - 1
