/** The format: what is one, gaps between samples, and paths of this machine. */
import { describe, expect, test } from 'bun:test'
import { idleFunction, parseCpuProfile, withIdleTime, withRelativePaths } from './cpu-profile.ts'
import { profileOf } from './profile.fixture.ts'

const profile = profileOf(`
  one native 1
  two native 1
  three native 1
`)

describe('a text', () => {
  test('that is a profile is read', () => {
    expect(parseCpuProfile(JSON.stringify(profile))).toEqual(profile)
  })
  test.each([
    '',
    '{',
    'null',
    '[]',
    '{"nodes":[]}',
    JSON.stringify({ ...profile, samples: ['1'] }),
  ])('that is none is not: %s', (text) => {
    expect(parseCpuProfile(text)).toBeNull()
  })
})

describe('a gap between samples', () => {
  const filled = withIdleTime({ ...profile, timeDeltas: [700, 9_000, 1_500] }, 2_000)
  const nameAt = (id: number) => filled.nodes.find((node) => node.id === id)?.callFrame.functionName

  test('becomes idle time past what a sample can stand for', () => {
    expect(filled.samples.map(nameAt)).toEqual(['one', idleFunction, 'two', 'three'])
    expect(filled.timeDeltas).toEqual([700, 2_000, 7_000, 1_500])
  })
  test('takes no time away and adds none', () => {
    expect(filled.timeDeltas.reduce((sum, delta) => sum + delta)).toBe(700 + 9_000 + 1_500)
  })
  test('before the first sample is idle from the start', () => {
    const late = withIdleTime({ ...profile, timeDeltas: [9_000, 1_000, 1_000] }, 2_000)
    expect(late.timeDeltas).toEqual([0, 9_000, 1_000, 1_000])
  })
  test('that is short stays as it is', () => {
    expect(withIdleTime(profile, 2_000)).toBe(profile)
  })
})

test('paths are told from the project on, or from their package on, and no further', () => {
  const urls = [
    'file:///srv/shop/services/order/main.ts',
    'file:///elsewhere/node_modules/pino/pino.js',
    'file:///home/somebody/secret/tool.js',
    'node:fs',
    '',
  ]
  const [root] = profile.nodes
  if (root === undefined) throw new Error('The fixture is empty.')
  const nodes = urls.map((url) => ({ ...root, callFrame: { ...root.callFrame, url } }))
  const placed = withRelativePaths({ ...profile, nodes }, '/srv/shop')
  expect(placed.nodes.map(({ callFrame }) => callFrame.url)).toEqual([
    'services/order/main.ts',
    'node_modules/pino/pino.js',
    'tool.js',
    'node:fs',
    '',
  ])
})
