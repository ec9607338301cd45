/** The pages of the documentation as tests read them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const root = join(import.meta.dir, '../..')

export interface Page {
  /** From the project's root, with forward slashes. */
  readonly path: string
  readonly text: string
}

/** README.md and everything below docs/. */
export const pages: readonly Page[] = [
  'README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => `docs/${path}`)
    .sort(),
].map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))

export function pageAt(path: string): Page {
  const found = pages.find((page) => page.path === path)
  if (found === undefined) throw new Error(`There is no page ${path}.`)
  return found
}

export interface Block {
  /** Of its first line, counted from 1. */
  readonly line: number
  readonly language: string
  readonly text: string
  /** What the comment right before it says; null without one. */
  readonly mark: string | null
}

/** The fenced blocks of a page, in their order. */
export function blocksOf({ text }: Page): readonly Block[] {
  const found: Block[] = []
  const lines = text.split('\n')
  for (let index = 0; index < lines.length; index++) {
    const fence = /^(`{3,})(\w*)\s*$/.exec(lines[index] ?? '')
    if (fence === null) continue
    const end = lines.indexOf(fence[1] ?? '', index + 1)
    const body = lines.slice(index + 1, end)
    found.push({
      line: index + 1,
      language: fence[2] ?? '',
      text: `${body.join('\n')}\n`,
      mark: markBefore(lines, index),
    })
    index = end
  }
  return found
}

/** A comment on a line of its own, with at most one empty line between it and the block. */
function markBefore(lines: readonly string[], index: number): string | null {
  const above = lines[index - 1] === '' ? lines[index - 2] : lines[index - 1]
  return /^<!-- (.*?) ?-->$/.exec(above ?? '')?.[1] ?? null
}

/** The page without its fenced blocks: what is prose, tables and headings. */
export const proseOf = ({ text }: Page): string => text.replace(/^(`{3,}).*\n[\s\S]*?^\1$/gm, '')
