/** Where tools and environments of the benchmarks are kept; ignored by git. */
import { join } from 'node:path'

export const cache = join(import.meta.dir, '../cache')
