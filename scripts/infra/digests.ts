/** Asks registries for the digests of images, by the protocol of the OCI distribution specification. */
import { createHash } from 'node:crypto'

/** Lists for several kinds of machine first: their digest is good on all of them. */
const accept = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')

/** Milliseconds. */
const limit = 20_000

interface Place {
  readonly origin: string
  readonly repository: string
  readonly tag: string
}

/** Where an image lies; a name without a host is one of Docker Hub, and without a slash one of its own. */
export function placeOf(image: string): Place {
  const [, name = '', tag = ''] = /^(.+):([\w.-]+)$/.exec(image) ?? []
  if (name === '') throw new Error(`${image} names no tag.`)
  const [first = '', ...rest] = name.split('/')
  const hasHost = rest.length > 0 && /[.:]|^localhost$/.test(first)
  if (!hasHost) {
    const repository = rest.length === 0 ? `library/${name}` : name
    return { origin: 'https://registry-1.docker.io', repository, tag }
  }
  const scheme = /^(localhost|127\.)/.test(first) ? 'http' : 'https'
  return { origin: `${scheme}://${first}`, repository: rest.join('/'), tag }
}

/**
 * The digest of what an image's tag means now, made from the bytes that came.
 *
 * @throws Error in one sentence when the registry does not answer, or answers something else
 */
export async function digestOf(image: string): Promise<string> {
  const { origin, repository, tag } = placeOf(image)
  const url = `${origin}/v2/${repository}/manifests/${tag}`
  try {
    const first = await fetch(url, { headers: { accept }, signal: AbortSignal.timeout(limit) })
    const answer =
      first.status === 401
        ? await fetch(url, {
            headers: { accept, authorization: `Bearer ${await token(first)}` },
            signal: AbortSignal.timeout(limit),
          })
        : first
    if (!answer.ok) throw new Error(`it answered ${answer.status}`)
    const bytes = new Uint8Array(await answer.arrayBuffer())
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
    const said = answer.headers.get('docker-content-digest')
    if (said !== null && said !== digest) throw new Error(`it said ${said} of other bytes`)
    return digest
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`The registry gave no digest of ${image}: ${reason}.`, { cause: error })
  }
}

/** Registries give anybody a token for reading public images. */
async function token(refusal: Response): Promise<string> {
  const challenge = refusal.headers.get('www-authenticate') ?? ''
  const fields = new Map(
    Array.from(challenge.matchAll(/(\w+)="([^"]*)"/g), ([, name = '', value = '']) => [
      name,
      value,
    ]),
  )
  const realm = fields.get('realm')
  if (!/^bearer /i.test(challenge) || realm === undefined) throw new Error('it wants a password')
  const url = new URL(realm)
  for (const name of ['service', 'scope']) {
    const value = fields.get(name)
    if (value !== undefined) url.searchParams.set(name, value)
  }
  const answer = await fetch(url, { signal: AbortSignal.timeout(limit) })
  if (!answer.ok) throw new Error(`its tokens answered ${answer.status}`)
  const body = (await answer.json()) as { readonly token?: string; readonly access_token?: string }
  return body.token ?? body.access_token ?? ''
}

/** The digests of all of them, or none. */
export async function digestsOf(
  images: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const entries = await Promise.all(images.map(async (image) => [image, await digestOf(image)]))
  return Object.fromEntries(entries) as Readonly<Record<string, string>>
}
