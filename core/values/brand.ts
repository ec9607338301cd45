/** Types that carry their meaning. */

/** A plain value that only its own constructor hands out. */
export type Brand<T, Name extends string> = T & { readonly __brand: Name }
