/** Counts of a test run, read from what `bun test` prints at its end. */

export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** Names of the tests that failed, without those of the blocks around them. */
  readonly failures: readonly string[]
}

export const noTests: Counts = { passed: 0, failed: 0, skipped: 0, failures: [] }

/** What a run came to: its counts, and whether a name filter simply matched nothing in it. */
export function countsOf(output: string, exitCode: number): Counts {
  const plain = withoutColors(output)
  const counts = {
    passed: last(plain, 'pass'),
    failed: last(plain, 'fail'),
    skipped: last(plain, 'skip') + last(plain, 'todo'),
    failures: [...plain.matchAll(/^\(fail\) (?:.* > )?(.+?)(?: \[[\d.]+m?s\])?$/gm)].map(
      ([, name = '']) => name,
    ),
  }
  const nothingMatched = /regex .* matched 0 tests/.test(plain)
  // A process that dies on its way prints no summary; it must not count as nothing.
  const died = exitCode !== 0 && counts.failed === 0 && !nothingMatched
  return died ? { ...counts, failed: 1 } : counts
}

export const add = (a: Counts, b: Counts): Counts => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
  failures: [...a.failures, ...b.failures],
})

/** How each failed test is run again, alone; nothing when none has failed. */
export const againLines = ({ failures }: Counts): readonly string[] =>
  failures.length === 0
    ? []
    : [
        'Again, alone:',
        ...[...new Set(failures)].map((name) => `  npm test -- ${JSON.stringify(name)}`),
      ]

/** The closing line of a run, read by people and machines. */
export const closingLine = ({ passed, failed, skipped }: Counts): string =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`

/** A run is good when something ran and nothing failed. */
export const isGood = ({ passed, failed }: Counts): boolean => passed > 0 && failed === 0

/** Tests print what they like; the summary is what stands last. */
function last(output: string, word: string): number {
  const found = [...output.matchAll(new RegExp(`^ +(\\d+) ${word}$`, 'gm'))].at(-1)
  return Number(found?.[1] ?? 0)
}

// eslint-disable-next-line no-control-regex -- the escape character is what colors begin with
const withoutColors = (text: string): string => text.replace(/\u001b\[[0-9;]*m/g, '')
