/** How many requests a second a server answers when it is asked as fast as it can answer: wrk, closed loop. */
import { join } from 'node:path'
import { run, type Place, type Started } from './processes.ts'

export interface Target {
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** A file for wrk.lua, in place of the one address. */
  readonly targets?: string
  /** Bytes of one answer with its head, where all are alike; checks that each was the right one. */
  readonly answerBytes?: number
}

/** One round. */
export interface Sample {
  /** Requests a second. */
  readonly rate: number
  /** Milliseconds as a client in the closed loop sees them: no claim, only a hint. */
  readonly p50: number
  readonly p99: number
  /** Share of one core that the generator used. */
  readonly generator: number
  /** The same of the measured processes together. */
  readonly server: number
}

export const connections = 64
const script = join(import.meta.dir, 'wrk.lua')

interface Report {
  readonly requests: number
  readonly microseconds: number
  readonly bytes: number
  readonly badStatus: number
  readonly failed: number
  readonly p50: number
  readonly p99: number
}

/** Throws when an answer was not the right one. */
export async function saturate(
  target: Target,
  seconds: number,
  measured: readonly Started[],
  place: Place = 'generator',
): Promise<Sample> {
  const headers = Object.entries(target.headers ?? {}).flatMap(([name, value]) => [
    '-H',
    `${name}: ${value}`,
  ])
  const before = measured.map((each) => each.cpu())
  const begun = performance.now()
  const { output, cpu } = await run(place, [
    'wrk',
    ...['-t1', `-c${connections}`, `-d${seconds}s`, '-s', script],
    ...headers,
    target.url,
    ...(target.targets === undefined ? [] : ['--', target.targets]),
  ])
  const wall = (performance.now() - begun) / 1_000
  const used = measured.reduce((sum, each, at) => sum + each.cpu() - (before[at] ?? 0), 0)
  const report = JSON.parse(/^JSON (.*)$/m.exec(output)?.[1] ?? 'null') as Report | null
  if (report === null) throw new Error(`wrk gave no report: ${output}`)
  requireRight(target, report)
  return {
    rate: (report.requests / report.microseconds) * 1e6,
    p50: report.p50 / 1e3,
    p99: report.p99 / 1e3,
    generator: cpu,
    server: used / wall,
  }
}

function requireRight(target: Target, report: Report): void {
  const { requests, badStatus, failed, bytes } = report
  if (requests === 0 || badStatus > 0 || failed > 0) {
    throw new Error(
      `${target.url}: ${badStatus} answers of 400 or more and ${failed} failures in ${requests} requests.`,
    )
  }
  if (target.answerBytes === undefined) return
  // The last answers of the connections may be cut off, hence not to the byte.
  const mean = bytes / requests
  if (Math.abs(mean - target.answerBytes) > 0.01 * target.answerBytes + 1) {
    throw new Error(
      `${target.url}: ${mean.toFixed(1)} bytes an answer where ${target.answerBytes} were expected.`,
    )
  }
}
