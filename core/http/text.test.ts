/** Which characters a shown text may hold: looked at one by one, all of Unicode. */
import { describe, expect, test } from 'bun:test'
import { compileValidator } from './validation.ts'
import { key, line } from './text.ts'

const points = Array.from({ length: 0x11_0000 }, (_, point) => point).filter(
  (point) => point < 0xd800 || point > 0xdfff,
)

/** The code points that the schema refuses between two letters. */
function refusedBy(schema: ReturnType<typeof line>): ReadonlySet<number> {
  const pattern = new RegExp((schema as unknown as { pattern: string }).pattern, 'u')
  return new Set(points.filter((point) => !pattern.test(`a${String.fromCodePoint(point)}b`)))
}

const hex = (point: number): string => point.toString(16)
const matching = (pattern: RegExp): readonly number[] =>
  points.filter((point) => pattern.test(String.fromCodePoint(point)))

describe('a name', () => {
  const refused = refusedBy(line(9))

  test('holds no control character, no line break and nothing that turns the order round', () => {
    const wanted = matching(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u)
    expect(wanted.length).toBeGreaterThan(70)
    expect(wanted.filter((point) => !refused.has(point)).map(hex)).toEqual([])
  })

  test('holds of what is not drawn only what scripts and pictures need', () => {
    const unseen = matching(/[\p{DI}\u2800]/u).filter((point) => !refused.has(point))
    const joiners = matching(/[\u200c\u200d\p{VS}]/u)
    expect(unseen.map(hex)).toEqual(joiners.map(hex))
  })

  test('holds every letter, mark, digit and sign', () => {
    const seen = matching(/[\p{L}\p{M}\p{N}\p{P}\p{S}]/u).filter(
      (point) => !/[\p{DI}\u2800]/u.test(String.fromCodePoint(point)) && point !== 0xfffc,
    )
    expect(seen.filter((point) => refused.has(point)).map(hex)).toEqual([])
  })

  test('may have joiners, which names in Persian and pictures are made with', () => {
    const validate = compileValidator(line(20))
    for (const name of ['علی\u200cرضا', '👩\u200d🍳', '❤\ufe0f']) expect(validate(name)).toBe(name)
  })
})

test('a key holds nothing at all that is not drawn, so that two of one look are one', () => {
  const refused = refusedBy(key(9))
  const unseen = matching(/[\p{Cc}\p{DI}\p{Zl}\p{Zp}\u2800]/u)
  expect(unseen.filter((point) => !refused.has(point)).map(hex)).toEqual([])
  expect(refused.has(0x20)).toBe(false)
})
