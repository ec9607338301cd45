/** `.env.example` and the settings of the processes tell the same. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'bun:test'
import { envExample } from '../scripts/env-example.ts'

test('.env.example is what the settings say', () => {
  const file = readFileSync(join(import.meta.dir, '../.env.example'), 'utf8')
  expect(file).toBe(envExample())
})
