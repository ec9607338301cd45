/** Entity tags: weak comparison for reading, opaque parts for writing. */
import { describe, expect, test } from 'bun:test'
import { ifMatchTags, noneMatch } from './conditional.ts'

describe('If-None-Match', () => {
  test.each([
    ['"a"', '"a"'],
    ['W/"a"', '"a"'],
    ['"a"', 'W/"a"'],
    ['W/"a"', 'W/"a"'],
    ['"x", "a", "y"', '"a"'],
    ['"x",W/"a"', '"a"'],
    ['"with, comma", "a"', '"a"'],
    ['""', '""'],
    ['*', '"a"'],
    [' * ', '"a"'],
  ])('%s covers %s', (header, etag) => {
    expect(noneMatch(header, etag)).toBe(true)
  })

  test.each([
    [null, '"a"'],
    ['', '"a"'],
    ['"b"', '"a"'],
    ['"A"', '"a"'],
    ['a', '"a"'],
    ['"a', '"a"'],
    ['"x, "a, "', '"a"'],
    ['w/"b"', '"a"'],
    ['"*"', '"a"'],
    ['x*', '"a"'],
    ['"b", *', '"a"'],
  ])('%p does not cover %s', (header, etag) => {
    expect(noneMatch(header, etag)).toBe(false)
  })
})

describe('If-Match', () => {
  test.each([
    ['"1.5"', ['1.5']],
    ['"1.5", W/"2.5"', ['1.5', '2.5']],
    ['*', ['*']],
    ['""', ['']],
    ['', []],
    ['1.5', []],
    ['"1.5', []],
  ])('%p has the tags %p', (header, tags) => {
    expect(ifMatchTags(header)).toEqual(tags)
  })

  test.each(['v*', '"1.5" *', '*, "1"', '"1*'])('%p does not stand for any version', (header) => {
    expect(ifMatchTags(header)).not.toContain('*')
  })
})
