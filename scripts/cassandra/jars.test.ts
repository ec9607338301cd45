/** What is fetched is what was looked at when its checksum was written down. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'bun:test'
import { temporaryFolder } from '../../core/files/temporary-folder.fixture.ts'
import { checkSum } from './jars.ts'

test('a file of other bytes than its checksum is refused', () => {
  const folder = temporaryFolder('sums')
  const sums = join(folder, 'agent.sha256')
  const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
  writeFileSync(sums, `${empty}  agent.jar\n`)
  writeFileSync(join(folder, 'agent.jar'), '')
  checkSum(sums, folder)
  writeFileSync(join(folder, 'agent.jar'), 'x')
  expect(() => checkSum(sums, folder)).toThrow('agent.jar is not the one of')
})
