/** What a test run came to, told from its output. */
import { describe, expect, test } from 'bun:test'
import { add, againLines, closingLine, countsOf, isGood, noTests } from './summary.ts'

const summary = (lines: string): string =>
  `(pass) x\n\n${lines}\n 12 expect() calls\nRan 9 tests.\n`

describe('the counts of a run', () => {
  test('are those of its summary', () => {
    const output = summary(' 4 pass\n 1 skip\n 1 todo\n 2 filtered out\n 2 fail\n 1 error')
    expect(countsOf(output, 1)).toMatchObject({ passed: 4, failed: 2, skipped: 2 })
  })
  test('are read through colors', () => {
    const output = summary('\u001b[0m\u001b[32m 4 pass\u001b[0m\n\u001b[2m 0 fail\u001b[0m')
    expect(countsOf(output, 0)).toMatchObject({ passed: 4, failed: 0, skipped: 0 })
  })
  test('are not those that a test printed', () => {
    expect(countsOf(` 99 pass\n${summary(' 1 pass\n 0 fail')}`, 0).passed).toBe(1)
  })
  test('hold a failure when the process died without a summary', () => {
    expect(countsOf('segmentation fault', 139)).toMatchObject({ passed: 0, failed: 1 })
    expect(countsOf(summary(' 3 pass\n 0 fail'), 1).failed).toBe(1)
  })
  test('hold none when the name matched no test of the file', () => {
    const output = 'error: regex "x y" matched 0 tests. Searched 2 files (skipping 6 tests)'
    expect(countsOf(output, 1)).toEqual(noTests)
  })
})

test('a run is good only when something ran and nothing failed', () => {
  expect(isGood(noTests)).toBe(false)
  expect(isGood({ ...noTests, passed: 0, failed: 0, skipped: 7 })).toBe(false)
  expect(isGood({ ...noTests, passed: 5, failed: 1, skipped: 0 })).toBe(false)
  expect(isGood({ ...noTests, passed: 5, failed: 0, skipped: 1 })).toBe(true)
})

test('the closing line holds the sums of all runs', () => {
  const sum = add(
    { passed: 1, failed: 2, skipped: 3, failures: [] },
    { passed: 10, failed: 20, skipped: 30, failures: [] },
  )
  expect(closingLine(sum)).toBe('11 passed, 22 failed, 33 skipped')
})

test('failed tests are named with the command that runs them again', () => {
  const output = '(pass) a > b\n(fail) cart > adding > merges equal "lines" [12.50ms]\n(fail) alone'
  const again = againLines(add(noTests, countsOf(output, 1)))
  expect(again.slice(1)).toEqual([
    '  npm test -- "merges equal \\"lines\\""',
    '  npm test -- "alone"',
  ])
  expect(againLines(countsOf('(pass) a > b', 0))).toEqual([])
})
