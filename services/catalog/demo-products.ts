/** Generates the products of the demo: the same rows with the same ids on every machine. */
import { derivedId } from '../../core/values/ids.ts'
import { minor, type Minor } from '../../core/values/money.ts'
import { demoWords, type Brand, type CategoryWords, type Kind, type Pack } from './demo-words.ts'
import type { NewProduct } from './store.ts'

/** Changes every demo product; the ids stay. */
const seed = 20_260_131

/** A part of the seed: products `done - products.length` to `done - 1` of it. */
export interface DemoChunk {
  readonly products: readonly NewProduct[]
  /** Products of the seed up to and including this chunk. */
  readonly done: number
}

/** Yields the products `from` to `total - 1` in chunks of at most `size`. */
export function* demoChunks(from: number, total: number, size: number): Generator<DemoChunk> {
  for (let start = from; start < total; start += size) {
    const done = Math.min(total, start + size)
    yield { products: Array.from({ length: done - start }, (_, i) => demoProduct(start + i)), done }
  }
}

/** The product with a number from 0 on; neighbours fall into different categories. */
export function demoProduct(ordinal: number): NewProduct {
  const words = catalogs[ordinal % catalogs.length]
  if (words === undefined) throw new RangeError(`There is no demo product ${ordinal}.`)
  const rank = Math.floor(ordinal / catalogs.length)
  const { kind, variety, brand, pack } = combinationOf(words, rank)
  const title = `${kind.name} ${variety}`
  return {
    id: derivedId('demo-product', `${words.category}/${rank}`),
    name: `${title} «${brand.name}», ${pack.label}`,
    category: words.category,
    price: priceOf(kind, brand, pack, ordinal),
    description: describe(words, title, brand, pack, ordinal),
    manufacturer: brand.manufacturer,
    available: 200 + Math.floor(draw(ordinal, 4) * 4_801),
  }
}

interface Combination {
  readonly kind: Kind
  readonly variety: string
  readonly brand: Brand
  readonly pack: Pack
}

interface PreparedWords extends CategoryWords {
  /** Number of the first combination of each kind. */
  readonly firsts: readonly number[]
  readonly combinations: number
  /** Coprime to the number of combinations, so that steps of it meet each exactly once. */
  readonly step: number
}

const catalogs: readonly PreparedWords[] = demoWords.map(prepare)

function prepare(words: CategoryWords): PreparedWords {
  const firsts: number[] = []
  let combinations = 0
  for (const kind of words.kinds) {
    firsts.push(combinations)
    combinations += kind.varieties.length * kind.packs.length * words.brands.length
  }
  // The golden section spreads any number of steps evenly, so a small seed has all kinds too.
  let step = Math.round(combinations * 0.618)
  while (greatestCommonDivisor(step, combinations) !== 1) step++
  return { ...words, firsts, combinations, step }
}

/** Past the last combination they come again: names repeat, ids do not. */
function combinationOf(words: PreparedWords, rank: number): Combination {
  const number = (rank * words.step) % words.combinations
  const index = words.firsts.findLastIndex((first) => first <= number)
  const kind = words.kinds[index] as Kind // the first kind starts at 0, so one is always found
  let rest = number - (words.firsts[index] ?? 0)
  const take = <T>(list: readonly T[]): T => {
    const chosen = list[rest % list.length] as T // no list of the table is empty
    rest = Math.floor(rest / list.length)
    return chosen
  }
  return {
    kind,
    variety: take(kind.varieties),
    brand: take(words.brands),
    pack: take(kind.packs),
  }
}

/** Kopecks as price tags end; the commonest ending stands twice. */
const endings = [90, 90, 99, 50, 0] as const

function priceOf(kind: Kind, brand: Brand, pack: Pack, ordinal: number): Minor {
  const rubles = kind.price * pack.amount * brand.markup * (0.9 + 0.2 * draw(ordinal, 1))
  const ending = endings[Math.floor(draw(ordinal, 2) * endings.length)] ?? 90
  return minor(Math.max(9, Math.floor(rubles)) * 100 + ending)
}

function describe(
  words: CategoryWords,
  title: string,
  brand: Brand,
  pack: Pack,
  ordinal: number,
): string {
  const first = Math.floor(draw(ordinal, 3) * words.praise.length)
  const praise = [first, first + 1].map((at) => words.praise[at % words.praise.length])
  return `${title} торговой марки «${brand.name}». ${praise.join(' ')} Фасовка: ${pack.label}. ${words.storage}`
}

/** A number from 0 to below 1 that depends on its arguments alone (MurmurHash3's 32-bit finalizer). */
function draw(ordinal: number, salt: number): number {
  let hash = (seed + Math.imul(ordinal, 0x9e3779b1) + Math.imul(salt, 0x27d4eb2f)) | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
