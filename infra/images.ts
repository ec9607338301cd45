/** Images as the compose file and the Dockerfiles name them: by digest where `npm run infra -- --digests` has found it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { images } from './topology.ts'

export type ImageName = keyof typeof images

export const digestsPath = 'infra/digests.json'

/** By tag: `{ "nginx:1.28.0-alpine": "sha256:…" }`. A tag that is not in it has not been asked for. */
const digests = JSON.parse(readFileSync(join(import.meta.dir, 'digests.json'), 'utf8')) as Readonly<
  Record<string, string>
>

/** A tag can be moved to other bytes, a digest cannot; with both the engine pulls by the digest. */
export const withDigest = (
  tag: string,
  known: Readonly<Record<string, string>> = digests,
): string => (known[tag] === undefined ? tag : `${tag}@${known[tag]}`)

export const image = (name: ImageName): string => withDigest(images[name])
