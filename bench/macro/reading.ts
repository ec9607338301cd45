/** Reads against peers: the cached page, a product by id, a signed-in GET; saturation in interleaved rounds. */
import { newId, type UserId } from '../../core/values/ids.ts'
import { freePorts } from '../../tests/support/ports.ts'
import { ask } from './answer-size.ts'
import { contestant, type Contestant } from './answers.ts'
import { bunPeer, fastapiPeer, writeContent, type Peer } from './peers.ts'
import { inTurns, type Comparison } from './rounds.ts'
import { saturate, type Sample } from './saturation.ts'
import { call, type BenchShop } from './shop.ts'

export interface ReadingOptions {
  readonly shop: BenchShop
  readonly rounds: number
  readonly seconds: number
  /** The frameworks and the larger page as well; without them the shop against the bare runtime alone. */
  readonly all: boolean
  /** Names of comparisons; all of them unless given. */
  readonly only?: readonly string[]
  readonly onProgress: (text: string) => void
}

const category = encodeURIComponent('Фрукты')
export const query = `category=${category}&skip=0&limit=20`
const largeQuery = `category=${category}&skip=0&limit=100`

/** The shop marks what is one caller's as `no-store`; peers need not send that. */
const callersOwn = ['cache-control'] as const

/** Variants carry these names into the results; the table and the goals find them by them. */
export async function compareReading(
  options: ReadingOptions,
): Promise<readonly Comparison<Sample>[]> {
  const { shop, all } = options
  const peers: Peer[] = []
  const ports = [...(await freePorts(9))]
  const add = (peer: (port: number) => Peer): Peer => {
    const started = peer(ports.pop() ?? 0)
    peers.push(started)
    return started
  }
  const products = `${shop.urls.catalog}/products/`
  const page = await ask(`${products}?${query}`)
  const large = await ask(`${products}?${largeQuery}`)
  const { product, token } = await lookedAt(shop)
  const detail = await ask(`${products}${product}`)
  const signedIn = { authorization: `Bearer ${token}` }
  const views = await ask(`${shop.urls.cart}/products/recent-views`, signedIn)
  const content = writeContent(shop, query, page)
  const largeContent = writeContent(shop, largeQuery, large)

  try {
    const raw = (mode: string) => add((port) => bunPeer('raw.ts', port, content, mode))
    const rawPage = raw('page')
    const rawReading = raw('reading')
    const rawStatic = raw('static')
    const rawProduct = raw('product')
    const rawLarge = add((port) => bunPeer('raw.ts', port, largeContent, 'page'))
    const own = add((port) => bunPeer('signed-in.ts', port, content))
    const others: Readonly<Record<string, Peer>> = all
      ? {
          Elysia: add((port) => bunPeer('elysia.ts', port, content)),
          Hono: add((port) => bunPeer('hono.ts', port, content)),
          FastAPI: add((port) => fastapiPeer(port, content)),
        }
      : {}
    const each = async (make: (peer: Peer) => Promise<Contestant>) =>
      Object.fromEntries(
        await Promise.all(
          Object.entries(others).map(async ([name, peer]) => [name, await make(peer)] as const),
        ),
      )
    const catalog = [shop.processes.catalog]
    const peerOf = (path: string, peer: Peer, rest: Parameters<typeof contestant>[2] = {}) =>
      contestant(`${peer.url}${path}`, [peer.process], rest)
    const pagePath = `/products/?${query}`
    const productPath = `/products/${product}`

    const comparisons: Readonly<Record<string, Readonly<Record<string, Contestant>>>> = {
      'category page of 20': {
        shop: await contestant(`${products}?${query}`, catalog),
        'shop, not modified': await contestant(`${products}?${query}`, catalog, {
          headers: { 'if-none-match': page.headers['etag'] ?? '' },
          status: 304,
        }),
        'raw handler': await peerOf(pagePath, rawPage, { like: page }),
        ...(all && {
          'raw handler, reading URL and headers': await peerOf(pagePath, rawReading, {
            like: page,
          }),
          'raw static route': await peerOf(pagePath, rawStatic, { like: page }),
        }),
        ...(await each((peer) => peerOf(pagePath, peer, { like: page }))),
      },
      ...(all && {
        'category page of 100': {
          shop: await contestant(`${products}?${largeQuery}`, catalog),
          'raw handler': await peerOf(`/products/?${largeQuery}`, rawLarge, { like: large }),
        },
      }),
      'product by id': {
        shop: await contestant(`${products}${product}`, catalog),
        'raw handler, same reads': await peerOf(productPath, rawProduct, { like: detail }),
        ...(await each((peer) => peerOf(productPath, peer, { like: detail }))),
      },
      'product for anybody and for the signed in': {
        anonymous: await peerOf(productPath, own, { like: detail }),
        ...(all && {
          'anonymous, token sent all the same': await peerOf(productPath, own, {
            like: detail,
            headers: signedIn,
          }),
        }),
        'signed in': await peerOf(`/own/${product}`, own, {
          like: detail,
          headers: signedIn,
          ignore: callersOwn,
        }),
      },
      ...(all && {
        'recent views, signed in': {
          shop: await contestant(`${shop.urls.cart}/products/recent-views`, [shop.processes.cart], {
            headers: signedIn,
          }),
          ...(await each((peer) =>
            peerOf('/products/recent-views', peer, {
              headers: signedIn,
              like: views,
              ignore: callersOwn,
            }),
          )),
        },
      }),
    }
    const results: Comparison<Sample>[] = []
    for (const [name, contestants] of Object.entries(comparisons)) {
      if (options.only?.includes(name) ?? true) {
        results.push(await compare(name, contestants, options))
      }
    }
    return results
  } finally {
    await Promise.all(peers.map((peer) => peer.process.stop()))
  }
}

/** Warms each up, then measures them in turns. */
export async function compare(
  name: string,
  contestants: Readonly<Record<string, Contestant>>,
  { rounds, seconds, onProgress }: Pick<ReadingOptions, 'rounds' | 'seconds' | 'onProgress'>,
): Promise<Comparison<Sample>> {
  onProgress(name)
  for (const { target, measured } of Object.values(contestants)) {
    await saturate(target, 1, measured)
  }
  return inTurns(
    name,
    rounds,
    Object.fromEntries(
      Object.entries(contestants).map(([variant, { target, measured }]) => [
        variant,
        () => saturate(target, seconds, measured),
      ]),
    ),
  )
}

/** A user who has looked at ten products. */
async function lookedAt(shop: BenchShop): Promise<{ product: string; token: string }> {
  const token = shop.token(newId<UserId>())
  const { items } = await call<{ items: readonly { readonly product_id: string }[] }>(
    'GET',
    `${shop.urls.catalog}/products/?${query}`,
  )
  for (const { product_id } of items.slice(0, 10)) {
    await call('POST', `${shop.urls.cart}/products/${product_id}/view`, token)
  }
  return { product: items[0]?.product_id ?? '', token }
}
