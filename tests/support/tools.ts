/** Programs that some tests need and that not every machine has. */

/**
 * True when all of them can be found. Where one is missing the tests that need it are skipped and say
 * so; with CI=true nothing is skipped, so that they fail there.
 */
export function testsNeed(...programs: readonly string[]): boolean {
  const missing = programs.filter((name) => Bun.which(name) === null)
  if (missing.length === 0 || process.env['CI'] === 'true') return true
  console.warn(
    `Skipped for want of ${missing.join(', ')}: node scripts/run.mjs scripts/tools.ts installs it.`,
  )
  return false
}
