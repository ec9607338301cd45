/** Waits for work that somebody else pays for, but no longer than one's own deadline. */
import type { Deadline } from './deadline.ts'

/** The work's own end, or the error of `late` when the deadline comes first; the work goes on then. */
export async function inTime<T>(
  deadline: Deadline,
  work: Promise<T>,
  late: () => Error,
): Promise<T> {
  const { promise: end, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(late()), deadline.remaining())
  try {
    return await Promise.race([work, end])
  } finally {
    clearTimeout(timer)
  }
}
