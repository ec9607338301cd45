/** The folder of profiles: what is kept, what is dropped, and that no name leads out of it. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'bun:test'
import { openProfileFolder, profileFileOf, type ProfileNotes } from './folder.ts'
import { profileOf } from './profile.fixture.ts'

const root = mkdtempSync(join(tmpdir(), 'profile-folder-'))
const directory = join(root, 'order')
afterAll(() => rmSync(root, { recursive: true, force: true }))
beforeEach(() => rmSync(directory, { recursive: true, force: true }))

const folder = openProfileFolder(directory)
const profile = profileOf('work core/work.ts:1 3')

const notesOf = (second: number, operation = 'create_order'): ProfileNotes => {
  const startedAt = new Date(Date.UTC(2026, 10, 25, 20, 0, second))
  return {
    file: profileFileOf(startedAt, operation),
    operation,
    started_at: startedAt.toISOString(),
    seconds: 10,
    samples: 3,
    operation_samples: 3,
    shared_samples: 0,
    load: {
      requests: 1,
      requests_per_second: 0.1,
      p50_ms: 1,
      p99_ms: 1,
      overall_requests_per_second: 0.1,
      cpu_share: 0.5,
    },
  }
}
const write = (notes: ProfileNotes, keep = 10) =>
  folder.write({ notes, profile, page: '<h1>Graph</h1>' }, keep)
const files = () => readdirSync(directory).sort()

test('a profile is three files, and is read as it was written', async () => {
  const notes = notesOf(1)
  await write(notes)
  expect(notes.file).toBe('20261125T200001000Z-create_order.cpuprofile')
  const stem = '20261125T200001000Z-create_order'
  expect(files()).toEqual([`${stem}.cpuprofile`, `${stem}.html`, `${stem}.json`])
  expect(await folder.read(notes.file)).toEqual({ notes, profile })
})

test('there is none before the first', async () => {
  expect(await folder.list()).toEqual([])
  expect(await folder.read(notesOf(1).file)).toBeNull()
})

describe('the disk is bounded', () => {
  test('of each operation the newest are kept', async () => {
    for (const second of [3, 1, 4, 2, 5]) await write(notesOf(second), 3)
    await write(notesOf(0, 'get_order'), 3)
    const kept = [notesOf(5), notesOf(4), notesOf(3), notesOf(0, 'get_order')]
    expect(await folder.list()).toEqual(kept)
    expect(files()).toHaveLength(4 * 3)
  })
  test('what a crash left halfway goes as well, and nothing of others', async () => {
    mkdirSync(directory, { recursive: true })
    const left = [
      '20261125T190000000Z-create_order.html',
      '20261125T190001000Z-create_order.cpuprofile.0b7c.new',
    ]
    const others = ['mine.html', 'notes.txt', '20261125T190000000Z-get_order.html']
    for (const name of [...left, ...others]) writeFileSync(join(directory, name), '')
    await write(notesOf(1), 1)
    expect(files()).toEqual(
      [
        ...others,
        ...['cpuprofile', 'html', 'json'].map((end) => notesOf(1).file.replace('cpuprofile', end)),
      ].sort(),
    )
  })
})

describe('a name from outside', () => {
  test.each([
    '../secret.cpuprofile',
    '..%2fsecret.cpuprofile',
    '/etc/passwd',
    'secret.cpuprofile',
    '20261125T200001000Z-../secret.cpuprofile',
    '20261125T200001000Z-create_order.cpuprofile/../x',
    '20261125T200001000Z-create_order.html',
    '20261125T200001000Z-create_order.cpuprofile\0.txt',
    '20261125T200001000Z-create_order.cpuprofile\n',
    '20261125T200001000Z-Create Order.cpuprofile',
    '20261125T200001000Z-заказ.cpuprofile',
    '..',
    '',
  ])('%j leads nowhere', async (name) => {
    await write(notesOf(1))
    writeFileSync(join(root, 'secret.cpuprofile'), JSON.stringify(profile))
    expect(await folder.read(name)).toBeNull()
  })
  test('is not followed along a link', async () => {
    const notes = notesOf(2)
    mkdirSync(directory, { recursive: true })
    writeFileSync(join(root, 'secret.cpuprofile'), JSON.stringify(profile))
    writeFileSync(join(root, 'secret.json'), JSON.stringify(notes))
    symlinkSync(join(root, 'secret.cpuprofile'), join(directory, notes.file))
    writeFileSync(join(directory, notes.file.replace('cpuprofile', 'json')), JSON.stringify(notes))
    expect(await folder.read(notes.file)).toBeNull()
    const other = notesOf(3)
    writeFileSync(join(directory, other.file), JSON.stringify(profile))
    symlinkSync(
      join(root, 'secret.json'),
      join(directory, other.file.replace('cpuprofile', 'json')),
    )
    expect(await folder.read(other.file)).toBeNull()
  })
  test('of a folder, or of a file that holds something else, is none', async () => {
    const [folderName, damaged, foreign] = [notesOf(4).file, notesOf(5).file, notesOf(6).file]
    mkdirSync(join(directory, folderName), { recursive: true })
    for (const [file, text] of [
      [damaged, '{'],
      [foreign, '{"file":"other"}'],
    ] as const) {
      writeFileSync(join(directory, file), JSON.stringify(profile))
      writeFileSync(join(directory, file.replace('cpuprofile', 'json')), text)
    }
    for (const file of [folderName, damaged, foreign]) expect(await folder.read(file)).toBeNull()
    expect(await folder.list()).toEqual([])
  })
})
