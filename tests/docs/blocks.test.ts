/** Every shell block of the pages has its fate, and who is said to run one does. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'bun:test'
import { fateOf, isShell, needs, suites } from './blocks.ts'
import { blocksOf, pages, root } from './pages.ts'

const block = (text: string, mark: string | null = null) => ({
  line: 1,
  language: 'sh',
  text,
  mark,
})

const shellBlocks = pages.flatMap((page) =>
  blocksOf(page)
    .filter(isShell)
    .map((each) => ({ place: `${page.path}:${each.line}`, block: each })),
)

describe('the shell blocks', () => {
  test('are found', () => {
    expect(shellBlocks.length).toBeGreaterThan(80)
  })
  test('are run, or say what they need in a word that is known', () => {
    for (const { place, block: each } of shellBlocks) {
      expect([place, ['run', 'needs', 'elsewhere']]).toEqual([
        place,
        expect.arrayContaining([fateOf(each).kind]),
      ])
    }
  })
  test('need nothing that none of them needs', () => {
    const fates = shellBlocks.map((each) => fateOf(each.block))
    const needed = new Set(fates.flatMap((fate) => (fate.kind === 'needs' ? [fate.what] : [])))
    expect(Object.keys(needs).filter((what) => !needed.has(what))).toEqual([])
  })
  test.each([...suites])('$command is run by $file', ({ file, shows }) => {
    expect(readFileSync(join(root, file), 'utf8')).toContain(shows)
  })
})

describe('a block', () => {
  test('is run unless every command of it is somebody else’s', () => {
    expect(fateOf(block('npm start\nnpm test -- x # words\n')).kind).toBe('elsewhere')
    expect(fateOf(block('npm start\ncurl http://localhost:8080/\n')).kind).toBe('run')
    expect(fateOf(block('# a comment alone\n')).kind).toBe('run')
  })
  test('may need what is known, and nothing else', () => {
    expect(fateOf(block('docker ps\n', 'needs: docker'))).toEqual({ kind: 'needs', what: 'docker' })
    expect(() => fateOf(block('x\n', 'needs: luck'))).toThrow('Nobody knows')
  })
  test('may be long, and hold a fence', () => {
    const text = '````md\n```sh\nx\n```\n````\n\n<!-- needs: docker -->\n\n```sh\ny\n```\n'
    const found = blocksOf({ path: 'x.md', text })
    expect(found.map(({ language, mark }) => [language, mark])).toEqual([
      ['md', null],
      ['sh', 'needs: docker'],
    ])
  })
})
