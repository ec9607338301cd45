/**
 * Two copies of the catalog against one, each on a core of its own. The call is a search that no cache
 * answers, so that the generator, which has to share a core with the second copy where there are only
 * two, needs little of it.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePorts } from '../../tests/support/ports.ts'
import { root, start, untilReady, type Place, type Started } from './processes.ts'
import { inTurns, type Comparison } from './rounds.ts'
import { saturate, type Sample } from './saturation.ts'
import type { BenchShop } from './shop.ts'

export const copiesName = 'copies of the catalog, a search'

export interface CopiesOptions {
  /** Its keys and folder are used; it is not asked. */
  readonly shop: BenchShop
  readonly rounds: number
  readonly seconds: number
  readonly onProgress: (text: string) => void
}

interface Copy {
  readonly url: string
  readonly process: Started
}

export async function compareCopies(options: CopiesOptions): Promise<Comparison<Sample>> {
  const { shop, rounds, seconds, onProgress } = options
  onProgress(copiesName)
  const targets = join(shop.directory, 'searches.txt')
  writeFileSync(targets, searches().join('\n'))
  const [first = 0, second = 0] = await freePorts(2)
  const copies = [startCopy(shop, first, 'server'), startCopy(shop, second, 'generator')]
  try {
    for (const copy of copies) await untilReady(`${copy.url}/health/ready`, copy.process)
    const ask = ({ url, process }: Copy) => saturate({ url, targets }, seconds, [process])
    await Promise.all(copies.map(ask))
    return await inTurns(copiesName, rounds, {
      'two copies': async () => together(await Promise.all(copies.map(ask))),
      'one copy': async () => together(await Promise.all(copies.slice(0, 1).map(ask))),
    })
  } finally {
    await Promise.all(copies.map(({ process }) => process.stop()))
  }
}

function startCopy(shop: BenchShop, port: number, place: Place): Copy {
  const directory = join(shop.directory, `copy-${port}`)
  return {
    url: `http://127.0.0.1:${port}`,
    process: start({
      command: [process.execPath, '--no-orphans', '--no-env-file', 'services/catalog/main.ts'],
      place,
      cwd: root,
      env: {
        PROFILE: 'demo',
        PORT: String(port),
        DATA_DIR: directory,
        KEYS_DIR: join(shop.directory, 'keys'),
      },
      logFile: join(directory, 'log'),
    }),
  }
}

/** As lines of wrk.lua: so many different searches that the cache of pages is of no use. */
function searches(): readonly string[] {
  const category = encodeURIComponent('Фрукты')
  return ['Яблоки', 'Груши', 'о', 'а'].flatMap((word) =>
    Array.from({ length: 2_000 }, (_, at) => {
      const query = `category=${category}&q=${encodeURIComponent(word)}&min_price=${1 + (at % 400)}&skip=${Math.floor(at / 400)}&limit=100`
      return `GET\t/products/?${query}\t\t`
    }),
  )
}

const together = (samples: readonly Sample[]): Sample => {
  const sum = (pick: (sample: Sample) => number) =>
    samples.reduce((total, sample) => total + pick(sample), 0)
  const worst = (pick: (sample: Sample) => number) => Math.max(...samples.map(pick))
  return {
    rate: sum(({ rate }) => rate),
    p50: worst(({ p50 }) => p50),
    p99: worst(({ p99 }) => p99),
    generator: sum(({ generator }) => generator),
    server: sum(({ server }) => server),
  }
}
