/** What a service publishes while its keys are changed. */
import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogger } from '../logging/logger.ts'
import { manualClock } from '../values/time.ts'
import { publishedKeys } from './key-set-file.ts'
import { generateKey, publicPart } from './keys.ts'

const root = mkdtempSync(join(tmpdir(), 'key-set-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

test('a key added to the file is published within a second, and a broken file changes nothing', () => {
  const file = join(root, 'access.jwks.json')
  const [first, second] = [generateKey('access'), generateKey('access')].map(publicPart)
  const clock = manualClock(1_000_000)
  const log = createLogger({ service: 'test', level: 'silent' })
  writeFileSync(file, JSON.stringify({ keys: [first] }))
  const keys = publishedKeys({ file, clock, log })
  const before = keys()
  clock.advance(1_000)
  expect(keys()).toBe(before)

  writeFileSync(file, JSON.stringify({ keys: [second, first] }))
  expect(keys()).toBe(before)
  clock.advance(1_000)
  expect(keys().keys.map(({ kid }) => kid)).toEqual([second?.kid ?? '', first?.kid ?? ''])

  writeFileSync(file, '{')
  clock.advance(1_000)
  expect(keys().keys).toHaveLength(2)
  expect(() => publishedKeys({ file, clock, log })).toThrow('access.jwks.json')
})
