/** Logs of the processes: files, lines, the console. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'bun:test'
import { createConsole } from './console.ts'
import { lineSplitter, openLogFile } from './log-file.ts'
import { readLogLine } from './log-line.ts'

const encoder = new TextEncoder()

test('lines are whole however the bytes arrive', () => {
  const bytes = encoder.encode('первая\nвторая\n\nпоследняя')
  for (let size = 1; size < 9; size++) {
    const lines: string[] = []
    const splitter = lineSplitter((line) => lines.push(line))
    for (let at = 0; at < bytes.length; at += size) splitter.push(bytes.subarray(at, at + size))
    splitter.end()
    expect(lines).toEqual(['первая', 'вторая', 'последняя'])
  }
})

test('a log file and the one before it bound the disk, and nothing recent is lost', () => {
  const folder = mkdtempSync(join(tmpdir(), 'logs-'))
  const path = join(folder, 'logs/x.log')
  for (let start = 0; start < 3; start++) {
    const file = openLogFile(path, 100)
    for (let line = 0; line < 20; line++) file.write(`${start} line ${line}\n`)
  }
  expect(statSync(path).size).toBeLessThanOrEqual(100)
  expect(statSync(`${path}.1`).size).toBeLessThanOrEqual(100)
  const kept = readFileSync(`${path}.1`, 'utf8') + readFileSync(path, 'utf8')
  expect(kept).toEndWith('2 line 17\n2 line 18\n2 line 19\n')
  rmSync(folder, { recursive: true })
})

describe('a log line', () => {
  const line = (fields: object): string =>
    JSON.stringify({ time: '2026-01-31T09:30:05.123Z', service: 'cart', ...fields })

  test('is short for people', () => {
    const err = { type: 'Error', message: 'broken pipe', stack: 'Error: ...' }
    expect(readLogLine('cart', line({ level: 'warn', msg: 'late', by: 3, who: 'x', err }))).toEqual(
      {
        text: '09:30:05 cart     warn  late by=3 who=x err="broken pipe"',
        weight: 'warning',
        progress: null,
      },
    )
  })
  test('has a weight', () => {
    const weights = ['debug', 'info', 'warn', 'error', 'fatal'].map(
      (level) => readLogLine('cart', line({ level })).weight,
    )
    expect(weights).toEqual(['detail', 'detail', 'warning', 'error', 'error'])
  })
  test('that is none is an error as it stands', () => {
    expect(readLogLine('cart', 'cart: PORT is "x".')).toMatchObject({
      text: 'cart: PORT is "x".',
      weight: 'error',
    })
    expect(readLogLine('cart', '{ not json').text).toBe('cart: { not json')
  })
  test('may be progress', () => {
    const { progress } = readLogLine('catalog', line({ level: 'info', done: 5, total: 10 }))
    expect(progress).toEqual({ done: 5, total: 10 })
  })
})

describe('the console', () => {
  const written = (
    isTTY: boolean,
  ): { text: () => string; console: ReturnType<typeof createConsole> } => {
    let all = ''
    const console = createConsole({ isTTY, write: (text) => void (all += text) })
    return { console, text: () => all }
  }
  test('writes progress over itself and lines above it', () => {
    const { console, text } = written(true)
    console.progress('catalog', 5, 10)
    console.line('cart ready')
    console.progress('catalog', 10, 10)
    console.line('done')
    const erase = '\r\u001b[K'
    expect(text()).toBe(
      `${erase}catalog  5 of 10${erase}cart ready\ncatalog  5 of 10${erase}catalog  10 of 10\ndone\n`,
    )
  })
  test('that is a file gets whole lines only', () => {
    const { console, text } = written(false)
    console.progress('catalog', 5, 10)
    console.progress('catalog', 10, 10)
    console.line('done')
    expect(text()).toBe('catalog  10 of 10\ndone\n')
  })
})

test('a log that cannot be written harms nobody, and goes on with what was lost', () => {
  const folder = mkdtempSync(join(tmpdir(), 'logs-'))
  const file = openLogFile(join(folder, 'logs/x.log'), 100)
  rmSync(folder, { recursive: true })
  // A file where the folder was: nothing can be made there, not even by root.
  writeFileSync(folder, '')
  file.write('one\n')
  file.write('two\n')
  rmSync(folder)
  file.write('three\n')
  file.write('four\n')
  expect(readFileSync(join(folder, 'logs/x.log'), 'utf8')).toBe(
    '\n2 times something could not be written here.\nthree\nfour\n',
  )
  rmSync(folder, { recursive: true })
})
