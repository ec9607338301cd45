/** What is wrong with a locked package is found without a registry. */
import { describe, expect, test } from 'bun:test'
import { judge, type Locked } from './lock-file.ts'

const good: Locked = { version: '1.0.0', integrity: 'sha512-x', license: 'MIT' }
const known = { scripts: ['known'], unlicensed: { silent: 'MIT' } }
const verdict = (name: string, entry: Locked): string =>
  judge(
    { lockfileVersion: 3, packages: { [`node_modules/a/node_modules/${name}`]: entry } },
    known,
  ).join()

describe('a locked package', () => {
  test('with a checksum, a licence and no script is good', () => {
    expect(verdict('x', good)).toBe('')
    expect(verdict('x', { ...good, license: '(GPL-3.0 OR MIT)' })).toBe('')
    expect(verdict('known', { ...good, hasInstallScript: true })).toBe('')
    expect(verdict('silent', { version: '1.0.0', integrity: 'sha512-x' })).toBe('')
  })
  test.each<[string, Locked]>([
    ['no SHA-512', { version: '1.0.0', license: 'MIT' }],
    ['no SHA-512', { ...good, integrity: 'sha1-x' }],
    ['elsewhere', { ...good, resolved: 'git+ssh://git@example.com/x.git' }],
    ['elsewhere', { ...good, link: true }],
    ['install script', { ...good, hasInstallScript: true }],
    ['deprecated: use y', { ...good, deprecated: 'use y' }],
    ['licence GPL-3.0', { ...good, license: 'GPL-3.0' }],
    ['licence (MIT AND GPL-3.0)', { ...good, license: '(MIT AND GPL-3.0)' }],
    ['no licence', { version: '1.0.0', integrity: 'sha512-x' }],
  ])('is named with its fault: %s', (what, entry) => {
    expect(verdict('@scope/x', entry)).toMatch(/^@scope\/x 1\.0\.0: /)
    expect(verdict('@scope/x', entry)).toContain(what)
  })
})

test('a direct dependency has one exact version, which is the locked one', () => {
  const found = (wanted: string): readonly string[] =>
    judge(
      {
        lockfileVersion: 3,
        packages: { '': { dependencies: { x: wanted } }, 'node_modules/x': good },
      },
      known,
    )
  expect(found('1.0.0')).toEqual([])
  expect(found('npm:y@1.0.0')).toEqual([])
  expect(found('^1.0.0')).toHaveLength(1)
  expect(found('1.0.1')).toHaveLength(1)
})
