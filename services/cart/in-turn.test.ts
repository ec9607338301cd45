/** Tasks of one key follow each other; those of others do not wait. */
import { expect, test } from 'bun:test'
import { inTurn } from './in-turn.ts'

test('tasks of one key run one after another, in the order in which they came', async () => {
  const turn = inTurn<string>()
  const log: string[] = []
  const task = (name: string) => async () => {
    log.push(`${name} begins`)
    await new Promise((resolve) => setImmediate(resolve))
    log.push(`${name} ends`)
    return name
  }
  const results = await Promise.all([turn('k', task('a')), turn('k', task('b'))])
  expect(results).toEqual(['a', 'b'])
  expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends'])
})

test('other keys do not wait, and a failed task does not hold up the next', async () => {
  const turn = inTurn<string>()
  const { promise: never } = Promise.withResolvers<void>()
  void turn('held', () => never)
  const failed = turn('k', async () => {
    throw new Error('broken')
  })
  const next = turn('k', async () => 'next')
  expect(failed).rejects.toThrow('broken')
  expect(await next).toBe('next')
})
