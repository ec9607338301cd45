/** Latency at a constant rate, whatever the server does: vegeta, open loop. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { missingPrograms } from '../../scripts/programs.ts'
import { cache } from './cache.ts'
import { run } from './processes.ts'

export interface Shot {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly url: string
  readonly token?: string
  readonly json?: unknown
}

/** One answer: when it was asked for in milliseconds from the start, how long it took, its status (0: none). */
export interface Hit {
  readonly at: number
  readonly milliseconds: number
  readonly status: number
  readonly url: string
}

export interface Volley {
  readonly hits: readonly Hit[]
  /** Requests a second that were really sent. */
  readonly rate: number
  readonly generator: number
}

const version = 'v12.13.0'

/** At once; more than a shop under three times its load has waiting, and far fewer than there are ports. */
const connections = 8_000
/** Ports of closed connections that may still be held when a volley begins: there are 28,000. */
const heldPorts = 4_000

/** Builds vegeta with Go into the cache once. */
export async function installVegeta(): Promise<void> {
  if (existsSync(join(cache, 'vegeta'))) return
  mkdirSync(cache, { recursive: true })
  const missing = missingPrograms('go')
  if (missing !== null) throw new Error(missing)
  await run('anywhere', [
    ...['env', `GOBIN=${cache}`, 'go', 'install'],
    `github.com/tsenart/vegeta/v12@${version}`,
  ])
}

/** Sends the shots in turns at `rate` a second for `seconds`. */
export const fire = async (
  shots: readonly Shot[],
  rate: number,
  seconds: number,
): Promise<Volley> => (await attack(shots, rate, seconds))()

/** Resolves when the last answer is there; what it gives reads the results, which takes its time. */
export async function attack(
  shots: readonly Shot[],
  rate: number,
  seconds: number,
): Promise<() => Promise<Volley>> {
  const id = attacks++
  const targets = join(cache, `targets-${id}.jsonl`)
  const results = join(cache, `results-${id}.bin`)
  writeFileSync(targets, shots.map((shot) => `${JSON.stringify(targetOf(shot))}\n`).join(''))
  const { cpu } = await run('generator', [
    join(cache, 'vegeta'),
    ...['attack', '-format=json', `-targets=${targets}`, `-output=${results}`],
    ...[`-rate=${rate}/1s`, `-duration=${seconds}s`, '-timeout=10s', '-max-body=0'],
    ...[`-max-workers=${connections}`, `-connections=${connections}`, '-workers=64'],
  ])
  return async () => {
    const hits = await hitsIn(results)
    for (const file of [targets, results]) rmSync(file)
    const start = hits.reduce((least, { at }) => Math.min(least, at), Infinity)
    const end = hits.reduce((most, { at }) => Math.max(most, at), 0)
    return {
      hits: hits.map((hit) => ({ ...hit, at: hit.at - start })),
      rate: ((hits.length - 1) / (end - start)) * 1e3,
      generator: cpu,
    }
  }
}

let attacks = 0

/**
 * The side that closes a connection keeps its port for a minute. A generator that finds none left stalls,
 * which would look like a server that stalls.
 */
export async function untilPortsAreFree(): Promise<void> {
  const held = () => Number(/ tw (\d+)/.exec(readFileSync('/proc/net/sockstat', 'utf8'))?.[1] ?? 0)
  const end = performance.now() + 65_000
  while (held() > heldPorts && performance.now() < end) await Bun.sleep(500)
}

/** Read as they come: a minute of overload is hundreds of megabytes of text. */
async function hitsIn(file: string): Promise<Hit[]> {
  const child = Bun.spawn([join(cache, 'vegeta'), 'encode', '-to=csv', file], { stdout: 'pipe' })
  const hits: Hit[] = []
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of child.stdout) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) hits.push(hitOf(line))
  }
  if ((await child.exited) !== 0 || hits.length === 0) throw new Error('vegeta left no results.')
  return hits
}

function targetOf({ method, url, token, json }: Shot) {
  return {
    method,
    url,
    header: {
      ...(token !== undefined && { Authorization: [`Bearer ${token}`] }),
      ...(json !== undefined && { 'Content-Type': ['application/json'] }),
    },
    ...(json !== undefined && { body: Buffer.from(JSON.stringify(json)).toString('base64') }),
  }
}

/** vegeta's CSV: time in ns, status, latency in ns, bytes out, bytes in, error, body, name, sequence, method, url, headers. */
function hitOf(line: string): Hit {
  const fields = line.split(',')
  // An error's text may hold commas; the address is the one field that looks like it.
  const url = fields.find((field) => field.startsWith('http://')) ?? ''
  return {
    at: Number(fields[0]) / 1e6,
    status: Number(fields[1]),
    milliseconds: Number(fields[2]) / 1e6,
    url,
  }
}

/** The value below which `share` of the numbers lie (nearest rank). */
export function percentile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? 0
}
