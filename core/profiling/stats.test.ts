/** Functions by their time. */
import { expect, test } from 'bun:test'
import { callTreeOf, totalOf } from './call-tree.ts'
import { profileOf } from './profile.fixture.ts'
import { functionTimes, topFunctions } from './stats.ts'

const tree = callTreeOf(
  profileOf(`
    walk core/tree.ts:3 1
      walk core/tree.ts:3 2
        leaf native 4
    other core/other.ts:1 0
      leaf native 8
  `),
)
const times = functionTimes(tree)
const timesOf = (name: string) => {
  const found = times.find(({ called }) => called.name === name)
  return [found?.self, found?.total]
}

test('a function has its own samples and those of what it called, itself counted once', () => {
  expect(timesOf('walk')).toEqual([3, 7])
  expect(timesOf('leaf')).toEqual([12, 12])
  expect(timesOf('other')).toEqual([0, 8])
})
test('own samples of all functions are the samples of the tree', () => {
  expect(times.reduce((sum, { self }) => sum + self, 0)).toBe(totalOf(tree))
})
test('the first ones are those with the most time, without those that have none', () => {
  const names = (by: 'self' | 'total', limit: number) =>
    topFunctions(times, by, limit).map(({ called }) => called.name)
  expect(names('self', 10)).toEqual(['leaf', 'walk'])
  expect(names('total', 2)).toEqual(['leaf', 'other'])
})
