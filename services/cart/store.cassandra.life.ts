/** How long Cassandra keeps what ends by time. */
import type { Millis } from '../../core/values/time.ts'

/** Seconds that a row outlives its time, for clocks that differ; readers go by its time. */
export const lifeMargin = 3_600

/** The time to live of what has its time in so many milliseconds; never 0, which means for ever. */
export const lifeInSeconds = (life: Millis): number =>
  Math.max(1, Math.ceil(life / 1000) + lifeMargin)
