/** Waiting for what one copy of a service has written to show in the others. */
import type { Shop } from './shop.ts'

/** Milliseconds that lists, prices and ended sessions may be behind in another copy, as it is promised. */
const promised = 1_000

/**
 * Where there are copies, the one that is asked next may not be the one that has just written. What
 * they promise is a bound and no sign, so the bound is waited for; a single copy shows it at once.
 */
export const caughtUp = async (shop: Shop): Promise<void> => {
  if (shop.copies > 1) await Bun.sleep(promised)
}
