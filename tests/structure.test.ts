/** The structure of the house: who may import whom, which files a service has, how long a file may be. */
import { readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, test } from 'bun:test'

interface Source {
  /** From the project's root, with forward slashes. */
  readonly path: string
  readonly text: string
}

/** Files past 500 lines, each with the reason why it is one. */
const longFiles: Readonly<Record<string, string>> = {
  'services/catalog/demo-words.ts': 'a table of words that the demo products are made of',
}

/** Written by scripts/openapi.ts as long as the API is: nobody reads them but the compiler. */
const isGenerated = (path: string): boolean => path.startsWith('tests/generated/')

const everyServiceHas = [
  'main.ts',
  'routes.ts',
  'schemas.ts',
  'config.ts',
  'metrics.ts',
  'migrations.sqlite.ts',
  'store.ts',
  'store.sqlite.ts',
  'store.conformance.ts',
  'store.sqlite.test.ts',
]
const services = ['catalog', 'cart', 'order', 'user']

const isTest = (path: string): boolean =>
  /\.(test|conformance|model|check|fixture)(\.\w+)?\.ts$/.test(path) ||
  path.startsWith('tests/') ||
  path.startsWith('bench/')

function importsOf({ path, text }: Source): readonly string[] {
  const specifiers = text.matchAll(
    /^\s*(?:import|export)\b[^'"]*?['"]([^'"]+)['"]|\bimport\(['"]([^'"]+)['"]\)/gm,
  )
  const targets: string[] = []
  for (const [, fixed, dynamic] of specifiers) {
    const specifier = fixed ?? dynamic ?? ''
    if (specifier.startsWith('.')) targets.push(normalize(join(dirname(path), specifier)))
  }
  return targets
}

const serviceOf = (path: string): string | null => /^services\/([^/]+)\//.exec(path)?.[1] ?? null

function wrongImports(sources: readonly Source[]): readonly string[] {
  const wrong: string[] = []
  for (const source of sources) {
    for (const target of importsOf(source)) {
      const from = serviceOf(source.path)
      const to = serviceOf(target)
      if (source.path.startsWith('core/') && !target.startsWith('core/')) {
        wrong.push(`${source.path} imports ${target}: core imports nothing but core`)
      }
      if (from !== null && to !== null && from !== to) {
        wrong.push(`${source.path} imports ${target}: a service never imports another`)
      }
      if (from !== null && /^(scripts|tests)\//.test(target)) {
        wrong.push(`${source.path} imports ${target}: services import core alone`)
      }
      if (!source.path.startsWith('bench/') && target.startsWith('bench/')) {
        wrong.push(`${source.path} imports ${target}: nothing measured against reaches the product`)
      }
      if (!isTest(source.path) && isTest(target)) {
        wrong.push(`${source.path} imports ${target}: only tests import tests`)
      }
    }
  }
  return wrong
}

/** Every cycle once, as the files along it. */
function cycles(sources: readonly Source[]): readonly string[] {
  const graph = new Map(sources.map((source) => [source.path, importsOf(source)]))
  const done = new Set<string>()
  const found: string[] = []
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path)
    if (start !== -1) {
      found.push([...trail.slice(start), path].join(' -> '))
      return
    }
    if (done.has(path)) return
    for (const target of graph.get(path) ?? []) visit(target, [...trail, path])
    done.add(path)
  }
  for (const path of graph.keys()) visit(path, [])
  return found
}

function formMistakes(sources: readonly Source[]): readonly string[] {
  const mistakes: string[] = []
  for (const { path, text } of sources) {
    const lines = text.split('\n').length - 1
    if (lines > 500 && !(path in longFiles) && !isGenerated(path))
      mistakes.push(`${path} has ${lines} lines`)
    if (!/^(#!.*\n)?\/\*\*/.test(text)) mistakes.push(`${path} does not open with its purpose`)
    if (/(^|[^.\w])Bun\.|from 'bun'/m.test(withoutComments(text)) && mustNotNameBun(path)) {
      mistakes.push(`${path} names Bun`)
    }
    if (/[:<,(|]\s*any\b|\bas any\b/.test(withoutComments(text))) mistakes.push(`${path} uses any`)
    // Alertmanager is what that program is called.
    if (/\/(utils?|helpers?)\.ts$|(?<!alert)manager/.test(path))
      mistakes.push(`${path} has a name that says nothing`)
  }
  return mistakes
}

const mustNotNameBun = (path: string): boolean =>
  /^(core|services)\//.test(path) && path !== 'core/http/engine/bun.ts' && !isTest(path)

const withoutComments = (text: string): string =>
  text
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|\s)\/\/.*$/gm, '')
    .replace(/(['"`])(?:\\.|(?!\1)[^\\])*\1/g, "''")

function missingFiles(paths: ReadonlySet<string>): readonly string[] {
  return services.flatMap((service) =>
    everyServiceHas.map((file) => `services/${service}/${file}`).filter((path) => !paths.has(path)),
  )
}

async function tree(): Promise<readonly Source[]> {
  const root = join(import.meta.dir, '..')
  const glob = new Bun.Glob('{core,services,infra,scripts,site,tests,bench}/**/*.ts')
  const found = await Array.fromAsync(glob.scan({ cwd: root }))
  const paths = found.filter((path) => !path.includes('node_modules/'))
  return paths.sort().map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
}

describe('the tree', async () => {
  const sources = await tree()

  test('is read at all', () => {
    expect(sources.length).toBeGreaterThan(100)
    expect(sources.flatMap(importsOf).length).toBeGreaterThan(300)
  })
  test('imports point one way', () => {
    expect(wrongImports(sources)).toEqual([])
  })
  test('has no cycles', () => {
    expect(cycles(sources)).toEqual([])
  })
  test('keeps to the form of the house', () => {
    expect(formMistakes(sources)).toEqual([])
  })
  test('has the same files in every service', () => {
    expect(missingFiles(new Set(sources.map((source) => source.path)))).toEqual([])
  })
  test('excuses no file that is short again', () => {
    const long = sources.filter((source) => source.text.split('\n').length > 500)
    const written = long.map((source) => source.path).filter((path) => !isGenerated(path))
    expect(Object.keys(longFiles)).toEqual(written)
  })
})

describe('the checker', () => {
  const source = (path: string, text: string): Source => ({ path, text })

  test('finds imports that point the wrong way', () => {
    expect(
      wrongImports([
        source('core/a/a.ts', "import { x } from '../../services/cart/cart.ts'"),
        source('services/cart/a.ts', "export type { X } from '../order/order.ts'"),
        source('services/cart/b.ts', "import type { X } from '../../tests/support/shop.ts'"),
        source('services/cart/c.ts', "import { x } from './store.conformance.ts'"),
        source('services/cart/d.ts', "import { x } from '../../core/a/a.ts'"),
        source('services/cart/e.ts', "import { x } from './shop.fixture.ts'"),
        source('services/cart/f.ts', "const { x } = await import('../user/user.ts')"),
        source('scripts/a.ts', "import { x } from '../bench/micro/suite.ts'"),
      ]),
    ).toHaveLength(9)
  })
  test('finds cycles, also of types and of several files', () => {
    expect(
      cycles([
        source('core/a/a.ts', "import { b } from './b.ts'"),
        source('core/a/b.ts', "import type { c } from '../c/c.ts'"),
        source('core/c/c.ts', "import {\n  a,\n} from '../a/a.ts'"),
      ]),
    ).toEqual(['core/a/a.ts -> core/a/b.ts -> core/c/c.ts -> core/a/a.ts'])
  })
  test('finds long files, missing purposes, Bun and any', () => {
    const purpose = '/** What for. */\n'
    expect(
      formMistakes([
        source('core/a/long.ts', purpose + '\n'.repeat(501)),
        source('core/a/none.ts', 'export const a = 1\n'),
        source('core/a/bun.ts', `${purpose}const f = Bun.file('x')\n`),
        source('core/a/any.ts', `${purpose}const f = (x: any) => x\n`),
        source('core/a/utils.ts', purpose),
        source('core/a/fine.ts', `${purpose}// Bun. any\nconst text = 'Bun.serve: any'\n`),
      ]),
    ).toHaveLength(5)
  })
  test('finds a service that lacks a file', () => {
    expect(missingFiles(new Set())).toHaveLength(services.length * everyServiceHas.length)
  })
})
