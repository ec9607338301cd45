/** How a signal that was passed on twice is told from one that was sent again. */

/** Milliseconds within which a repeated signal is the first one, come another way. */
export const sameSignal = 1_000
