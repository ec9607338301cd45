/** Errors as one sentence. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { expect, test } from 'bun:test'
import { failureText, sentenceOf } from './sentence.ts'

function thrownBy(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  throw new Error('It worked.')
}

test('an error of the system names the path and the reason', () => {
  const error = thrownBy(() => mkdirSync('/dev/null/data', { recursive: true }))
  expect(sentenceOf(error)).toBe(
    '/dev/null/data cannot be used: there is a file in its place (ENOTDIR).',
  )
  const full = thrownBy(() => writeFileSync('/dev/full', 'text'))
  expect(sentenceOf(full)).toContain('cannot be used: no space is left (ENOSPC).')
})

test('a cause is told once', () => {
  const cause = new Error('disk I/O error')
  expect(sentenceOf(new Error('The store is broken.', { cause }))).toBe(
    'The store is broken: disk I/O error',
  )
  expect(sentenceOf(new Error('Not opened: disk I/O error.', { cause }))).toBe(
    'Not opened: disk I/O error.',
  )
})

test('the stack is for those who ask for details', () => {
  const error = new Error('broken')
  expect(failureText(error, {})).toBe('broken')
  expect(failureText(error, { LOG_LEVEL: 'debug' })).toContain('sentence.test.ts')
})
