/** Holds the peers to the shop's answers: same status, same bytes, same headers that a client reads. */
import { ask, type RawAnswer } from './answer-size.ts'
import type { Started } from './processes.ts'
import type { Target } from './saturation.ts'

export interface Contestant {
  readonly target: Target
  readonly measured: readonly Started[]
}

const compared = ['content-type', 'cache-control', 'etag', 'vary', 'link'] as const

/** The contestant with the size of its answer, which must be the model's in all that is compared. */
export async function contestant(
  url: string,
  measured: readonly Started[],
  options: {
    readonly headers?: Readonly<Record<string, string>>
    /** Where the model has headers that nobody would set by himself. */
    readonly ignore?: readonly (typeof compared)[number][]
    readonly like?: RawAnswer
    readonly status?: number
  } = {},
): Promise<Contestant> {
  const answer = await eventually(url, options.headers)
  const { like, ignore = [], status = 200 } = options
  if (answer.status !== status) throw new Error(`${url} answers ${answer.status}, not ${status}.`)
  if (like !== undefined) {
    if (!sameJson(answer.body, like.body)) throw new Error(`${url} has another body than the shop.`)
    for (const name of compared.filter((each) => !ignore.includes(each))) {
      const [theirs = '', ours = ''] = [answer.headers[name], like.headers[name]]
      if (withoutCharset(theirs) !== withoutCharset(ours)) {
        throw new Error(`${url}: ${name} is "${theirs}", the shop's is "${ours}".`)
      }
    }
  }
  return {
    target: {
      url,
      answerBytes: answer.bytes,
      ...(options.headers && { headers: options.headers }),
    },
    measured,
  }
}

/** FastAPI puts the character set behind the type, which says the same. */
const withoutCharset = (value: string): string => value.replace(/;\s*charset=utf-8/i, '')

/** Byte for byte, or the same JSON where a framework spells numbers in its own way. */
function sameJson(a: Buffer, b: Buffer): boolean {
  return a.equals(b) || Bun.deepEquals(JSON.parse(a.toString()), JSON.parse(b.toString()), true)
}

/** A peer that was just started takes a moment. */
async function eventually(
  url: string,
  headers: Readonly<Record<string, string>> | undefined,
): Promise<RawAnswer> {
  const end = performance.now() + 20_000
  for (;;) {
    try {
      return await ask(url, headers)
    } catch (error) {
      if (performance.now() > end) throw error
      await Bun.sleep(50)
    }
  }
}
