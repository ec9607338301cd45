/** Programs that some tests need and that not every machine has. */
import { missingPrograms } from '../../scripts/programs.ts'

/**
 * True when all of them can be found. Where one is missing the tests that need it are skipped and say
 * so; with CI=true nothing is skipped, so that they fail there.
 */
export function testsNeed(...programs: readonly string[]): boolean {
  const missing = missingPrograms(...programs)
  if (missing === null || process.env['CI'] === 'true') return true
  console.warn(`Tests are skipped: ${missing}`)
  return false
}
