/** Sweeping: what is over is dropped to the last row, in slices, and not when the process has to end. */
import { inSlices } from './in-slices.ts'

/**
 * Rows of one slice. With their indexes they are a few milliseconds of the event loop, and a commit; the
 * next slice comes after everything else that is due.
 */
const slice = 100

/**
 * Calls `drop` until it drops fewer rows than it may, which are the last ones.
 *
 * @param drop drops up to `limit` rows, and resolves with how many; 0 where they lapse by themselves
 * @param isStopping what is left when it says so waits for the next process
 */
export const sweep = (
  drop: (limit: number) => Promise<number>,
  isStopping: () => boolean,
): Promise<void> => inSlices(async () => !isStopping() && (await drop(slice)) === slice)
