/** A value at once or a promise of it: an embedded store answers reads without a promise, a cluster cannot. */
export type Eventually<T> = T | Promise<T>

/** Goes on with a value when it is there: at once where it is, so that nothing becomes asynchronous by it. */
export const whenKnown = <T, R>(value: Eventually<T>, use: (value: T) => R): Eventually<R> =>
  value instanceof Promise ? value.then(use) : use(value)
