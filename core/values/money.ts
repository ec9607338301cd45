/** Money: integer minor units (kopecks) inside, a JSON number with at most two decimals outside. */
import type { Brand } from './brand.ts'

/** An amount in minor units, always a safe integer. */
export type Minor = Brand<number, 'Minor'>

/** Reads a plain integer as an amount in minor units. */
export const minor = (value: number): Minor => value as Minor

/**
 * Converts an amount with at most two decimals to minor units; null when it is not finite, has more
 * decimals, or is too large to be exact.
 */
export function toMinor(amount: number): Minor | null {
  const scaled = Math.round(amount * 100)
  // The division gives back the nearest double of a two-decimal number, so equality is exact.
  return Number.isSafeInteger(scaled) && scaled / 100 === amount ? minor(scaled) : null
}

/** The amount as clients see it. */
export const fromMinor = (amount: Minor): number => amount / 100

export const lineTotal = (price: Minor, quantity: number): Minor => minor(price * quantity)

/** Sums amounts; zero for none. */
export const sum = (amounts: Iterable<Minor>): Minor => {
  let total = 0
  for (const amount of amounts) total += amount
  return minor(total)
}
