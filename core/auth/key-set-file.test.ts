/** What a service publishes while its keys are changed. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'bun:test'
import { temporaryFolder } from '../files/temporary-folder.fixture.ts'
import { createLogger } from '../logging/logger.ts'
import { manualClock } from '../values/time.ts'
import { publishedKeys } from './key-set-file.ts'
import { generateKey, publicPart } from './keys.ts'

test('a key added to the file is published within a second, and a broken file changes nothing', () => {
  const file = join(temporaryFolder('key-set'), 'access.jwks.json')
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
