/** The peers as processes: started on the server's core, checked to send what the shop sends. */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { accessAudience, accessIssuer } from '../../core/auth/access-tokens.ts'
import { keyFile } from '../../core/auth/key-files.ts'
import { loadJwkSet, toPublicKey } from '../../core/auth/keys.ts'
import type { Content } from '../peers/content.ts'
import type { RawAnswer } from './answer-size.ts'
import { cache } from './cache.ts'
import { run, start, type Started } from './processes.ts'
import type { BenchShop } from './shop.ts'

export interface Peer {
  readonly url: string
  readonly process: Started
}

const folder = join(import.meta.dir, '../peers')
const venv = join(cache, 'fastapi')

/** Python packages live in an environment of their own. */
export async function installFastapi(): Promise<void> {
  if (existsSync(join(venv, 'bin/uvicorn'))) return
  await run('anywhere', ['python3', '-m', 'venv', venv])
  await run('anywhere', [
    ...[join(venv, 'bin/pip'), 'install', '--quiet', '--disable-pip-version-check'],
    ...['-r', join(folder, 'fastapi/requirements.txt')],
  ])
}

/** Writes what the peers answer out of; returns its file. */
export function writeContent(shop: BenchShop, query: string, page: RawAnswer): string {
  const [jwk] = loadJwkSet(keyFile.accessSet(join(shop.directory, 'keys'))).keys
  if (jwk === undefined) throw new Error('The shop has no public key.')
  const names = ['content-type', 'cache-control', 'etag', 'vary', 'link']
  const content: Content = {
    query,
    page: {
      headers: Object.fromEntries(
        names
          .filter((name) => name in page.headers)
          .map((name) => [name, page.headers[name] ?? '']),
      ),
      body: page.body.toString('base64'),
    },
    catalog: join(shop.directory, 'catalog/catalog.db'),
    cart: join(shop.directory, 'cart/cart.db'),
    publicKey: toPublicKey(jwk).pem,
    keyId: jwk.kid,
    issuer: accessIssuer,
    audience: accessAudience,
  }
  const file = join(shop.directory, `content-${page.bytes}.json`)
  writeFileSync(file, JSON.stringify(content))
  return file
}

/** Starts a peer's file under Bun, with an argument. */
export const bunPeer = (file: string, port: number, content: string, argument = ''): Peer =>
  peer([process.execPath, '--no-orphans', join(folder, file), argument], port, content)

export const fastapiPeer = (port: number, content: string): Peer =>
  peer(
    [
      ...[join(venv, 'bin/uvicorn'), 'app:app', '--app-dir', join(folder, 'fastapi')],
      ...['--host', '127.0.0.1', '--port', String(port)],
      ...['--loop', 'uvloop', '--http', 'httptools', '--no-access-log', '--log-level', 'warning'],
    ],
    port,
    content,
  )

function peer(command: readonly string[], port: number, content: string): Peer {
  const logFile = `${content}.${port}.log`
  const env = { PORT: String(port), CONTENT: content, PYTHONDONTWRITEBYTECODE: '1' }
  return {
    url: `http://127.0.0.1:${port}`,
    process: start({ command, place: 'server', env, logFile }),
  }
}
