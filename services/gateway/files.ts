/** Files of one folder over HTTP: only what lies inside it, nothing hidden, with the right type. */
import { createReadStream } from 'node:fs'
import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'
import { Readable } from 'node:stream'
import { problem } from '../../core/http/problem.ts'
import { Reply } from '../../core/http/reply.ts'
import { ownHeaders } from './security.ts'

export interface Folder {
  /** The file at a path below the folder's own address, without a leading slash; null when there is none. */
  file(path: string, unchangedSince: string | null): Promise<Reply | null>
  /** Names and sizes of the folder's files, newest first. */
  list(): Promise<readonly ListedFile[]>
}

export interface ListedFile {
  readonly name: string
  readonly bytes: number
  readonly changedAt: Date
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.cpuprofile': 'application/json',
  '.heapprofile': 'application/json',
  '.heapsnapshot': 'application/json',
  // Browsers show plain text, but only offer to save Markdown.
  '.md': 'text/plain; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.gz': 'application/gzip',
}

/** Larger files are sent as they are read. */
const wholeFile = 1024 * 1024

/** Asked for again at every use, and sent only when it has changed. */
const checkedEachTime = (): string => 'no-cache'

/** `policy` is the Content-Security-Policy of its files; the folder need not exist. */
export function openFolder(
  root: string,
  policy: string,
  cacheControl: (path: string) => string = checkedEachTime,
): Folder {
  async function file(path: string, unchangedSince: string | null): Promise<Reply | null> {
    const location = await locate(root, path)
    if (location === null) return null
    const found = await stat(location)
    if (!found.isFile()) return null
    // Weak: size and time tell two versions apart, which is all that a reload needs.
    const etag = `W/"${found.size.toString(36)}-${Math.trunc(found.mtimeMs).toString(36)}"`
    const type = types[extname(path)] ?? 'application/octet-stream'
    const headers = {
      ...ownHeaders,
      'content-security-policy': policy,
      etag,
      'cache-control': cacheControl(path),
      'content-type': type,
    }
    if (unchangedSince === etag) return new Reply(304, headers, null)
    return new Reply(200, headers, await contents(location, found.size))
  }

  async function list(): Promise<readonly ListedFile[]> {
    const entries = await readdir(root, { withFileTypes: true }).catch(() => [])
    const files = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    const listed = await Promise.all(
      files.map(async ({ name }): Promise<ListedFile> => {
        const { size, mtime } = await stat(join(root, name))
        return { name, bytes: size, changedAt: mtime }
      }),
    )
    return listed.sort((a, b) => b.changedAt.getTime() - a.changedAt.getTime())
  }

  return { file, list }
}

/** Null for what is hidden, absent, or outside of the folder once links are followed. */
async function locate(root: string, path: string): Promise<string | null> {
  let segments
  try {
    segments = decodeURIComponent(path).split('/')
  } catch {
    throw problem('bad_request', { values: { reason: 'The path is not percent-encoded UTF-8' } })
  }
  const plain = (segment: string): boolean =>
    segment !== '' && !segment.startsWith('.') && !/[\\\0]/.test(segment)
  if (!segments.every(plain)) return null
  try {
    const [inside, base] = await Promise.all([realpath(join(root, ...segments)), realpath(root)])
    return inside.startsWith(base + sep) ? inside : null
  } catch {
    return null
  }
}

async function contents(
  location: string,
  size: number,
): Promise<Uint8Array | ReadableStream<Uint8Array>> {
  if (size <= wholeFile) return readFile(location)
  // The stream of a file holds bytes, which the general type does not know.
  return Readable.toWeb(createReadStream(location)) as unknown as ReadableStream<Uint8Array>
}
