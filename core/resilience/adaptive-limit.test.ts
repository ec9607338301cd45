/** Waiting with patience and counting failures; places, order and urgency are tested with the lanes. */
import { expect, test } from 'bun:test'
import { createAdaptiveLimit } from './adaptive-limit.ts'

const refuse = () => new Error('no place')
const never = () => new Promise<never>(() => {})

test('who has waited too long is refused, and takes no place from the next', async () => {
  const { promise: held, resolve: end } = Promise.withResolvers<void>()
  const limit = createAdaptiveLimit({ slow: 1_000, most: 1, least: 1, patience: 20, refuse })
  const holding = limit(() => held)
  const begun: string[] = []
  const impatient = limit(async () => void begun.push('the impatient'))
  await expect(impatient).rejects.toThrow('no place')
  const patient = limit(async () => void begun.push('the next'))
  end()
  await Promise.all([holding, patient])
  expect(begun).toEqual(['the next'])
})

test('patience is of those that wait, not of what runs', async () => {
  const limit = createAdaptiveLimit({ slow: 1_000, most: 1, least: 1, patience: 5, refuse })
  expect(await limit(() => Bun.sleep(30).then(() => 'done'))).toBe('done')
})

test('failures that come late leave fewer places where they count', async () => {
  for (const [countFailures, expected] of [
    [true, 2],
    [false, 4],
  ] as const) {
    let clock = 0
    const now = () => clock
    const limit = createAdaptiveLimit({ slow: 100, most: 4, least: 1, countFailures, refuse, now })
    await expect(
      limit(() => {
        clock += 500
        return Promise.reject(new Error('late'))
      }),
    ).rejects.toThrow('late')
    let begun = 0
    for (let call = 0; call < 6; call++) {
      void limit(() => {
        begun += 1
        return never()
      })
    }
    await Promise.resolve()
    expect(begun).toBe(expected)
  }
})
