/** Which names are of one script, and which look like a name in another one. */
import { describe, expect, test } from 'bun:test'
import { lookalikeKeys, requireOneScript } from './name-scripts.ts'
import { nameKeyOf } from './users.ts'

describe('a name of one script', () => {
  test.each([
    ...['anna', 'Анна-2', 'ёжик', 'Žofie', 'Straße', 'Ελένη', 'Անահիտ', 'محمد', 'दीपा', 'ישראל'],
    ...[
      '山田太郎',
      'ヤマダさん',
      'user山田',
      '李小龍',
      '김철수',
      'kim김',
      'ᏣᎳᎩ',
      'ａｄｍｉｎ',
      'ﬁnn',
    ],
    ...['user_1', '12345', '☺☺☺', 'anna❤', 'α2', 'Пётр.Великий'],
  ])('%s is good', (name) => {
    expect(() => requireOneScript(name)).not.toThrow()
  })
})

describe('a name of several scripts', () => {
  test.each([
    // Letters of Cyrillic and Greek among Latin ones, however they are written.
    ...['\u0430dmin', 'adm\u0456n', 'p\u0430ypal', '\u0391dmin', 'ａ\u0434min', 'АннаB', 'user_й'],
    ...['αлфа', 'Анна山', 'kimהש', 'ᏣnᎩ', 'user٣', '\u{10330}bc'],
  ])('%s is refused', (name) => {
    expect(() => requireOneScript(name)).toThrow(
      expect.objectContaining({ code: 'validation_failed' }),
    )
  })
})

describe('the look of a name in other alphabets', () => {
  test.each([
    ['coco', 'сосо'],
    ['Cope.7', 'Соре.7'],
    ['MAMA', 'МАМА'],
    ['AXE', 'ΑΧΕ'],
    ['yoko', 'γοκο'],
    ['guj', 'ցսյ'],
  ] as const)('%s and %s are told', (latin, other) => {
    expect(lookalikeKeys(other)).toContain(nameKeyOf(latin))
    expect(lookalikeKeys(latin)).toContain(nameKeyOf(other))
  })

  test('is told between two alphabets that both look like Latin', () => {
    expect(lookalikeKeys('АХЕ')).toEqual([nameKeyOf('AXE'), nameKeyOf('ΑΧΕ')])
  })

  test('is none for most names, and never the name itself', () => {
    for (const name of ['anna', 'admin', 'user1', 'Анна', '12345', '☺', 'ёжик', '山田']) {
      expect(lookalikeKeys(name)).toEqual([])
    }
  })
})
