/** The OpenAPI documents: valid, lint-clean, complete, with examples that hold, and types that follow them. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createConfig, lintFromString } from '@redocly/openapi-core'
import { Validator } from '@seriousme/openapi-schema-validator'
import { afterAll, describe, expect, test } from 'bun:test'
import { Compile } from 'typebox/compile'
import packageJson from '../package.json' with { type: 'json' }
import { isInternal } from '../core/http/route.ts'
import { serviceNames, type ServiceName } from '../core/values/service-name.ts'
import { documentOf } from '../scripts/openapi/documents.ts'
import { typesFileOf, typesOf } from '../scripts/openapi/types.ts'
import {
  examplesOf,
  numbersWithoutFormat,
  schemasWithoutExample,
} from './support/openapi-document.ts'
import { documentedRoutesOf, ownRoutesOf } from './support/route-tables.ts'

interface Operation {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly parameters?: readonly { readonly name: string; readonly description?: string }[]
  readonly responses: Readonly<Record<string, object>>
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

// As clients get it: what a document holds beside JSON is lost on the way.
const textOf = (name: ServiceName): string => JSON.stringify(documentOf(name))
const parsed = (name: ServiceName): Document => JSON.parse(textOf(name)) as Document

const linting = createConfig({
  extends: ['recommended-strict'],
  rules: {
    'operation-singular-tag': 'error',
    'operation-tag-defined': 'error',
    'tags-alphabetical': 'off',
    // The contract has paths that end in a slash; without it they answer the same.
    'no-path-trailing-slash': 'off',
  },
})

async function lint(source: string): Promise<readonly string[]> {
  const absoluteRef = 'openapi.json'
  const problems = await lintFromString({ source, absoluteRef, config: await linting })
  return problems.map(
    ({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer ?? ''}`,
  )
}

function wrongExamples(document: object): readonly string[] {
  return examplesOf(document).flatMap(({ pointer, schema, value }) => {
    const errors = Compile(schema as Parameters<typeof Compile>[0]).Errors(value)
    return errors.map(({ instancePath, message }) => `${pointer}${instancePath} ${message}`)
  })
}

describe.each([...serviceNames])('the document of %s', (name) => {
  test('has the version of the contract and of the package', () => {
    const { info } = JSON.parse(textOf(name)) as { info: { version: string } }
    const page = readFileSync(join(import.meta.dir, '../docs/contract.md'), 'utf8')
    const written = /^Version (\d+\.\d+),/m.exec(page)?.[1]
    expect(info.version).toBe(packageJson.version)
    expect(info.version.replace(/\.\d+$/, '')).toBe(written ?? 'no version on the page')
  })

  test('is valid OpenAPI 3.1', async () => {
    expect(await new Validator().validate(JSON.parse(textOf(name)))).toEqual({ valid: true })
  })

  test('gives the linter nothing to say', async () => {
    expect(await lint(textOf(name))).toEqual([])
  })

  test('describes every route that clients may call, and no other', () => {
    const described = Object.entries(parsed(name).paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, each]) => `${method} ${path} ${each.operationId}`),
    )
    const wanted = documentedRoutesOf(name).map(
      ({ method, path, operation }) =>
        `${method.toLowerCase()} ${path.replace(/:(\w+)/g, '{$1}')} ${operation}`,
    )
    expect(described.toSorted()).toEqual(wanted.toSorted())
    for (const { path, operation } of ownRoutesOf(name).filter(isInternal)) {
      expect(textOf(name)).not.toContain(`"${operation}"`)
      expect(textOf(name)).not.toContain(path)
    }
  })

  test('says in each operation what a reader needs', () => {
    const { paths } = parsed(name)
    const operations = Object.values(paths).flatMap((methods) => Object.values(methods))
    for (const { operationId, tags, parameters = [], responses } of operations) {
      expect([operationId, tags.length]).toEqual([operationId, 1])
      for (const status of ['429', '500', '503']) expect(responses).toHaveProperty([status])
      expect(parameters.map((each) => each.name)).toEqual([
        ...new Set(parameters.map((each) => each.name)),
      ])
    }
  })

  test('shows an example of every value', () => {
    expect(schemasWithoutExample(parsed(name))).toEqual([])
  })

  test('says of every number how wide it is', () => {
    expect(textOf(name)).toContain('"type":"number"')
    expect(numbersWithoutFormat(parsed(name))).toEqual([])
  })

  test('has only examples that hold', () => {
    expect(examplesOf(parsed(name)).length).toBeGreaterThan(30)
    expect(wrongExamples(parsed(name))).toEqual([])
  })

  test('is what the types of its clients are made from', async () => {
    const file = typesFileOf(name)
    const stale = readFileSync(file, 'utf8') !== (await typesOf(name))
    expect(stale ? 'Run: node scripts/run.mjs scripts/openapi.ts' : 'up to date').toBe('up to date')
  })
})

describe('the types', () => {
  const directory = mkdtempSync(join(tmpdir(), 'api-types-'))
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  /** As ordinary sources: the check of the project passes over declaration files. */
  async function mistakesWith(ending: string): Promise<number> {
    for (const name of serviceNames) {
      const text = readFileSync(typesFileOf(name), 'utf8')
      writeFileSync(join(directory, `${name}.ts`), text + ending)
    }
    const options = { strict: true, noEmit: true, types: [] }
    writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions: options }))
    const command = [process.execPath, 'check']
    const child = Bun.spawn(command, { cwd: directory, stdout: 'pipe', stderr: 'pipe' })
    const output = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited])
    return output.join('').match(/error TS\d+/g)?.length ?? (output[2] === 0 ? 0 : NaN)
  }

  test('compile', async () => {
    expect(await mistakesWith('')).toBe(0)
    expect(await mistakesWith("export type No = paths['/nowhere']\n")).toBe(serviceNames.length)
  })
})

describe('the checks', () => {
  const broken = {
    openapi: '3.1.0',
    info: { title: 'Broken', version: '1' },
    paths: {
      '/x': {
        get: {
          parameters: [{ name: 'a', in: 'query', schema: { type: 'integer' }, example: 'no' }],
          responses: {
            200: {
              description: 'Done',
              content: { 'application/json': { schema: { $ref: '#/components/schemas/A' } } },
            },
          },
        },
      },
    },
    components: {
      schemas: {
        A: {
          type: 'object',
          properties: {
            shown: { type: 'string', format: 'uuid', examples: ['no'] },
            bare: { type: ['string', 'null'] },
            wide: { type: ['number', 'null'], format: 'float', examples: [1] },
          },
        },
      },
    },
  }

  test('find what is wrong', async () => {
    expect((await new Validator().validate({ ...broken, paths: [] })).valid).toBe(false)
    expect(await lint(JSON.stringify(broken))).not.toEqual([])
    expect(wrongExamples(broken)).toHaveLength(2)
    expect(numbersWithoutFormat(broken)).toEqual([
      '/paths//x/get/parameters/0/schema',
      '/components/schemas/A/properties/wide',
    ])
    expect(schemasWithoutExample(broken)).toEqual(['/paths//x/get/parameters/0/schema', '/A/bare'])
  })
})
