/** Links and pictures of the pages lead to files and headings that are there. */
import { existsSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, test } from 'bun:test'
import { placeOf } from '../../site/links.ts'
import { slug } from '../../site/slug.ts'
import { pageAt, pages, proseOf, root, type Page } from './pages.ts'

/** Targets of links, pictures and reference definitions, outside of code. */
function targetsOf(page: Page): readonly string[] {
  const prose = proseOf(page).replace(/`[^`\n]*`/g, '``')
  return Array.from(prose.matchAll(/\]\(<?([^)\s>]+)>?[^)]*\)|^\[[^\]]+\]: (\S+)/gm), (match) =>
    String(match[1] ?? match[2]),
  )
}

/** Anchors that a page has: of its headings, and those that it sets itself. */
function anchorsOf(page: Page): ReadonlySet<string> {
  const seen = new Map<string, number>()
  const headings = Array.from(proseOf(page).matchAll(/^#{1,6} (.+)$/gm), ([, heading = '']) => {
    const name = slug(heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', ''))
    const before = seen.get(name) ?? 0
    seen.set(name, before + 1)
    return before === 0 ? name : `${name}-${before}`
  })
  const own = Array.from(page.text.matchAll(/<a id="([^"]+)">/g), ([, id = '']) => id)
  return new Set([...headings, ...own])
}

/** What is wrong with a link; null when it leads somewhere. */
function mistakeIn(page: Page, target: string): string | null {
  const place = placeOf(target, page.path.replace(/^docs\//, ''))
  if (place === 'elsewhere' || place === 'surface') return null
  const [path = '', anchor] = decodeURI(target).split('#')
  const file = path === '' ? page.path : normalize(join(dirname(page.path), path))
  if (!existsSync(join(root, file))) return `there is no ${file}`
  if (anchor === undefined) return null
  if (statSync(join(root, file)).isDirectory() || !file.endsWith('.md')) return null
  return anchorsOf(pageAt(file)).has(anchor) ? null : `${file} has no heading #${anchor}`
}

describe('links', () => {
  const links = pages.flatMap((page) => targetsOf(page).map((target) => ({ page, target })))

  test('are found', () => {
    expect(links.length).toBeGreaterThan(150)
  })
  test('lead to files and headings that are there', () => {
    const wrong = links.flatMap(({ page, target }) => {
      const mistake = mistakeIn(page, target)
      return mistake === null ? [] : [`${page.path} links to ${target}: ${mistake}`]
    })
    expect(wrong).toEqual([])
  })
  test('reach every page but the index', () => {
    const reached = new Set(
      links
        .filter(({ page, target }) => placeOf(target, page.path.replace(/^docs\//, '')) === 'page')
        .map(({ page, target }) => normalize(join(dirname(page.path), target.split('#')[0] ?? ''))),
    )
    const lonely = pages.map(({ path }) => path).filter((path) => !reached.has(path))
    expect(lonely.filter((path) => !/^(README(\.ru)?|docs\/(ru\/)?index)\.md$/.test(path))).toEqual(
      [],
    )
  })
})

describe('the checker', () => {
  const page = pageAt('docs/index.md')

  test('finds what leads nowhere', () => {
    expect(mistakeIn(page, 'none.md')).toContain('there is no docs/none.md')
    expect(mistakeIn(page, 'errors.md#none')).toContain('no heading #none')
    expect(mistakeIn(page, '#none')).toContain('no heading #none')
    expect(mistakeIn(page, '../none.ts')).toContain('there is no none.ts')
  })
  test('lets through what leads somewhere', () => {
    const fine = ['errors.md#out_of_stock', '../core/http/route.ts', '/swagger/', 'https://bun.sh']
    expect(fine.map((target) => mistakeIn(page, target))).toEqual([null, null, null, null])
  })
  test('counts headings of the same name', () => {
    const twice = {
      path: 'x.md',
      text: '# A `b`\n\n## Same\n\n## Same\n\n```\n# no heading\n```\n',
    }
    expect([...anchorsOf(twice)]).toEqual(['a-b', 'same', 'same-1'])
  })
})
