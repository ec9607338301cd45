/** Three times as much as a service can do, for a minute: what it still answers, how it refuses, how it recovers. */
import { attack, fire, percentile, untilPortsAreFree, type Shot } from './open-loop.ts'
import { accountsOf, writeTargets } from './own.ts'
import { saturate } from './saturation.ts'
import type { BenchShop } from './shop.ts'

export interface OverloadResult {
  /** Good answers a second at saturation: the peak. */
  readonly peak: number
  /** Requests a second that were sent, on average. */
  readonly sent: number
  readonly seconds: number
  /** Good answers a second under overload. */
  readonly goodput: number
  /** 503s, and what was neither: answers of other kinds, connections cut. */
  readonly refused: number
  readonly other: number
  /** Milliseconds that a refusal took, as the client saw it. */
  readonly refusalP50: number
  readonly refusalP99: number
  /**
   * Milliseconds from the end of the overload until a second began in which all answers were good and
   * fast; null when none did within half a minute.
   */
  readonly recovery: number | null
  readonly generator: number
}

/** Requests a second and their limit in milliseconds that count as normal. */
const normalRate = 100
const normalLatency = 50

export async function overload(shop: BenchShop, seconds: number): Promise<OverloadResult> {
  const { user } = shop.urls
  const tokens = await accountsOf(shop, 20)
  const path = '/users/me/profile'
  const peak = await saturate(
    {
      url: `${user}/`,
      targets: writeTargets(
        shop,
        'overload',
        tokens.map((token) => ({ method: 'GET', path, token })),
      ),
    },
    Math.min(10, seconds),
    Object.values(shop.processes),
  )
  await untilPortsAreFree()
  const shots: readonly Shot[] = tokens.map((token) => ({
    method: 'GET',
    url: `${user}${path}`,
    token,
  }))
  const read = await attack(shots, Math.round(3 * peak.rate), seconds)
  // Before the results are read: that takes seconds, in which anything would recover.
  const recovery = await untilNormal(shots, performance.now())
  const { hits, rate, generator } = await read()
  const good = hits.filter(({ status }) => status === 200)
  const refused = hits.filter(({ status }) => status === 503)
  const refusals = refused.map(({ milliseconds }) => milliseconds)
  return {
    peak: peak.rate,
    sent: rate,
    seconds,
    goodput: good.length / seconds,
    refused: refused.length,
    other: hits.length - good.length - refused.length,
    refusalP50: percentile(refusals, 0.5),
    refusalP99: percentile(refusals, 0.99),
    recovery,
    generator,
  }
}

/** Looks second after second. */
async function untilNormal(shots: readonly Shot[], from: number): Promise<number | null> {
  while (performance.now() - from < 30_000) {
    const begun = performance.now()
    const { hits } = await fire(shots, normalRate, 1)
    const normal = hits.every(({ status }) => status === 200)
    const p99 = percentile(
      hits.map(({ milliseconds }) => milliseconds),
      0.99,
    )
    if (normal && p99 <= normalLatency) return begun - from
  }
  return null
}
