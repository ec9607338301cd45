/** Work in slices ends when nothing is left, and holds up nobody meanwhile. */
import { expect, test } from 'bun:test'
import { inSlices } from './in-slices.ts'

test('runs to the end, and not once more', async () => {
  let left = 3
  await inSlices(() => --left > 0)
  expect(left).toBe(0)
})

test('what is due meanwhile gets its turn after each slice', async () => {
  const order: string[] = []
  let left = 3
  await inSlices(() => {
    order.push('slice')
    setImmediate(() => order.push('other'))
    return --left > 0
  })
  expect(order).toEqual(['slice', 'other', 'slice', 'other', 'slice'])
})

test('a slice that fails ends the work with its error', async () => {
  const failing = inSlices(async () => {
    throw new Error('broken')
  })
  await expect(failing).rejects.toThrow('broken')
})
