/**
 * Clients that other people's generators make buy from the shop: in Go and in Python, from the OpenAPI
 * documents of today and from those of version 1.0. Run by scripts/clients.ts, as generators and
 * packages come from registries.
 */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { temporaryFolder } from '../../core/files/temporary-folder.fixture.ts'
import { serviceNames, type ServiceName } from '../../core/values/service-name.ts'
import { pythonTool } from '../../scripts/python/tool.ts'
import { which } from '../../scripts/programs.ts'
import { prefixes } from '../../services/gateway/paths.ts'
import { createProduct } from '../support/buyers.ts'
import { startShop } from '../support/shop.ts'
import { testsNeed } from '../support/tools.ts'

setDefaultTimeout(600_000)

const here = import.meta.dir
const cache = join(here, '../../data/clients')
const generator = 'github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2'

/** The dearest product there can be: a 32-bit float reads its price as 100,000,000.00. */
const price = 99_999_999.99
const exactly = price.toFixed(2)

const shop = await startShop({ gateway: true })
afterAll(shop.stop)
const product = await createProduct(shop, 1_000, price)

async function run(command: readonly string[], cwd: string, env = {}): Promise<string> {
  const child = Bun.spawn([...command], {
    cwd,
    env: { ...process.env, ...env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [output, errors] = await Promise.all([child.stdout.text(), child.stderr.text()])
  if ((await child.exited) === 0) return output
  throw new Error(`${command.slice(0, 3).join(' ')} failed: ${output}${errors}`)
}

const documents: Readonly<Record<string, (name: ServiceName) => Promise<string>>> = {
  today: async (name) => (await fetch(`${shop.urls.gateway}${prefixes[name]}/openapi.json`)).text(),
  // As scripts/openapi/documents.ts of that version made them.
  'version 1.0': async (name) => readFileSync(join(here, 'documents-1.0', `${name}.json`), 'utf8'),
}

/** A folder with the four documents. */
async function documentsOf(version: string): Promise<string> {
  const folder = temporaryFolder('clients')
  for (const name of serviceNames) {
    const text = await documents[version]?.(name)
    writeFileSync(join(folder, `${name}.json`), text ?? '')
  }
  return folder
}

interface Purchase {
  /** As the client's own types read it, with two decimals. */
  readonly price: string
  readonly charged: string
  readonly read: string
  readonly line: string
  /** The order as it came. */
  readonly body: string
}

let buyers = 0
const buy = async (command: readonly string[], cwd: string): Promise<Purchase> =>
  JSON.parse(
    await run([...command, shop.urls.gateway, `generated${++buyers}`, product], cwd),
  ) as Purchase

const go = which('go') ?? which('/usr/local/go/bin/go') ?? 'go'

/** Builds the purchase with the clients that oapi-codegen makes of the documents. */
async function goProgram(version: string): Promise<string> {
  mkdirSync(cache, { recursive: true })
  await run([go, 'install', generator], cache, { GOBIN: cache })
  const folder = await documentsOf(version)
  for (const file of ['buy.go', 'go.mod', 'go.sum'])
    copyFileSync(join(here, file), join(folder, file))
  for (const name of serviceNames) {
    mkdirSync(join(folder, name))
    await run(
      [
        join(cache, 'oapi-codegen'),
        ...['-generate', 'types,client', '-package', name],
        ...['-o', `${name}/client.go`, `${name}.json`],
      ],
      folder,
    )
  }
  await run([go, 'build', '-o', 'buy-in-go', '.'], folder)
  return folder
}

describe.skipIf(go === 'go' && !testsNeed('go'))('a client in Go', () => {
  test('generated today pays the exact amount', async () => {
    const { body, ...amounts } = await buy(['./buy-in-go'], await goProgram('today'))
    expect(amounts).toEqual({ price: exactly, charged: exactly, read: exactly, line: exactly })
    expect(JSON.parse(body)).toMatchObject({ total: price })
  })
  test('generated from version 1.0 still buys', async () => {
    const { body } = await buy(['./buy-in-go'], await goProgram('version 1.0'))
    // Its own types are 32-bit floats: those documents said no more than "number".
    expect(JSON.parse(body)).toMatchObject({ total: price, items: [{ price, quantity: 1 }] })
  })
})

describe.skipIf(!testsNeed('python3'))('a client in Python', () => {
  test.each(Object.keys(documents))(
    'generated from the documents of %s pays the exact amount',
    async (version) => {
      const tool = pythonTool('openapi-python-client', join(here, 'requirements.txt'))
      const folder = await documentsOf(version)
      // Its formatters are no part of a client.
      writeFileSync(join(folder, 'config.json'), JSON.stringify({ post_hooks: [] }))
      for (const name of serviceNames) {
        await run(
          [
            ...[tool, 'generate', '--path', `${name}.json`, '--meta', 'none'],
            ...['--config', 'config.json', '--output-path', `${name}_client`],
          ],
          folder,
        )
      }
      copyFileSync(join(here, 'buy.py'), join(folder, 'buy.py'))
      const { body, ...amounts } = await buy([join(tool, '../python'), 'buy.py'], folder)
      expect(amounts).toEqual({ price: exactly, charged: exactly, read: exactly, line: exactly })
      expect(JSON.parse(body)).toMatchObject({ total: price })
    },
  )
})
