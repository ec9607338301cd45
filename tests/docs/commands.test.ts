/** The commands of the pages, run as they stand against one shop, each page in a shell of its own. */
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, setDefaultTimeout, test } from 'bun:test'
import { temporaryFolder } from '../../core/files/temporary-folder.fixture.ts'
import { serviceNames } from '../../core/values/service-name.ts'
import { startShop } from '../support/shop.ts'
import { testsNeed } from '../support/tools.ts'
import { fateOf, isShell } from './blocks.ts'
import { blocksOf, pages, root, type Page } from './pages.ts'

setDefaultTimeout(120_000)

const shop = await startShop({ gateway: true, products: 20_000 })
afterAll(shop.stop)

/** The project as the pages see it, with the shop's own folder where they expect `data`. */
const folder = temporaryFolder('docs-commands')
for (const name of readdirSync(root)) {
  if (name !== 'data' && name !== '.git') symlinkSync(join(root, name), join(folder, name))
}
symlinkSync(shop.directory, join(folder, 'data'))
mkdirSync(join(folder, 'home'))

/** A shell that runs what stands on the page, at the addresses of this shop. */
async function run(script: string): Promise<{ readonly code: number; readonly output: string }> {
  const here = script
    .replace(/(localhost|127\.0\.0\.1):8080\b/g, `127.0.0.1:${shop.ports.gateway}`)
    .replace(/localhost:800([0-3])\b/g, (_, index: string) => {
      const name = serviceNames[Number(index)]
      return name === undefined ? '' : `127.0.0.1:${shop.ports[name]}`
    })
  const child = Bun.spawn(['bash', '-eu', '-c', here], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', HOME: join(folder, 'home'), LC_ALL: 'C.UTF-8' },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const texts = await Promise.all([child.stdout.text(), child.stderr.text()])
  return { code: await child.exited, output: texts.join('') }
}

const scriptOf = (page: Page): string =>
  blocksOf(page)
    .filter((block) => isShell(block) && block.mark !== 'replay' && fateOf(block).kind === 'run')
    .map(({ text }) => text)
    .join('\n')

const runnable = pages
  .map((page): [string, string] => [page.path, scriptOf(page)])
  .filter(([, script]) => script !== '')

test('there are pages with commands', () => {
  expect(runnable.map(([path]) => path)).toContain('docs/quick-start.md')
})

const hasCurl = testsNeed('curl')

for (const [path, script] of runnable) {
  test.skipIf(!hasCurl && /\bcurl\b/.test(script))(path, async () => {
    const { code, output } = await run(script)
    expect([path, code, code === 0 ? '' : output]).toEqual([path, 0, ''])
  })
}

const answers = pages.flatMap((page) =>
  blocksOf(page).flatMap(({ mark, text, line }): [string, string, string][] => {
    const [, target] = /^answers: GET (\S+)$/.exec(mark ?? '') ?? []
    return target === undefined ? [] : [[`${page.path}:${line}`, target, text]]
  }),
)

test.each(answers)('%s is what %s answers', async (_place, target, text) => {
  const answer = await fetch(shop.urls.gateway + encodeURI(target))
  expect(await answer.json()).toEqual(JSON.parse(text))
})
