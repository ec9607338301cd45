/** Long work in slices: whatever else the process has to do gets its turn between two of them. */

/**
 * Runs `slice` again and again until it answers that nothing is left. What a slice does at once holds
 * the event loop, so it should take a few milliseconds at most, however much there is to do.
 *
 * @param slice does a part of the work and answers whether there is more
 */
export async function inSlices(slice: () => boolean | Promise<boolean>): Promise<void> {
  while (await slice()) await new Promise<void>((resolve) => setImmediate(resolve))
}
