/** `npm run seed`: as many demo products as are wanted, once. */
import { expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { demoProduct } from '../services/catalog/demo-products.ts'
import { openSqliteStore } from '../services/catalog/store.sqlite.ts'

const script = join(dirname(import.meta.dir), 'scripts/seed.ts')

function seed(...options: readonly string[]) {
  const { exitCode, stdout, stderr } = Bun.spawnSync([process.execPath, script, ...options], {
    env: { PATH: process.env['PATH'] },
  })
  return { exitCode, output: String(stdout), mistakes: String(stderr) }
}

test('fills a catalog, goes on where it stopped, and leaves alone what is there', async () => {
  const data = mkdtempSync(join(tmpdir(), 'seed-'))
  const first = seed('--products', '300', '--data', data)
  expect(first).toMatchObject({ exitCode: 0, mistakes: '' })
  expect(first.output).toContain('300 of 300 (100 %)')
  expect(first.output).toContain('Wrote 300 products')

  expect(seed('--products', '350', '--data', data).output).toContain('Wrote 50 products')
  expect(seed('--products', '350', '--data', data).output).toBe(
    'All 350 demo products were there already.\n',
  )
  const store = openSqliteStore({ path: join(data, 'catalog/catalog.db') })
  expect(await store.find(demoProduct(349).id)).toMatchObject({ ...demoProduct(349) })
  expect(await store.find(demoProduct(350).id)).toBeNull()
  await store.close()
  rmSync(data, { recursive: true })
})

test('refuses what the catalog would, and what it does not understand', () => {
  const tooMany = seed('--products', '200001')
  expect(tooMany).toMatchObject({ exitCode: 1, output: '' })
  expect(tooMany.mistakes).toContain('CATALOG_MAX_PRODUCTS')
  for (const options of [[], ['--products', 'many'], ['--products', '0']]) {
    expect(seed(...options)).toMatchObject({ exitCode: 2, output: '' })
  }
})
