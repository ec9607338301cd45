/** What the services do right now, from their own metrics: the strip on the first page of the docs. */
import { singleFlight } from '../../core/cache/single-flight.ts'
import { jsonType, Reply } from '../../core/http/reply.ts'
import { serviceNames, type ServiceName } from '../../core/values/service-name.ts'
import { type Clock, type Millis } from '../../core/values/time.ts'
import {
  add,
  countsIn,
  nothing,
  quantileBetween,
  requestsBetween,
  type Counts,
} from './status/figures.ts'
import { ownHeaders } from './security.ts'

/** A page of a program beside the shop. */
export interface Link {
  readonly name: string
  readonly url: string
}

export interface StatusOptions {
  readonly addresses: Readonly<Record<ServiceName, readonly string[]>>
  readonly links: readonly Link[]
  readonly clock: Clock
}

/** The answer at `/docs/status.json`. */
export type StatusPage = () => Promise<Reply>

interface Look {
  readonly at: Millis
  readonly services: readonly ServiceLook[]
}

interface ServiceLook {
  readonly service: ServiceName
  readonly ready: number
  readonly copies: number
  /** Null when not every copy told its figures: their sum would jump. */
  readonly counts: Counts | null
}

/** Milliseconds for which a look serves everybody who asks. */
const lookLife = 1_000
/** Milliseconds that the figures look back; a longer pause begins anew. */
const span = 10_000
/** Milliseconds that a copy has to answer. */
const patience = 1_000

/** Asks the services only when somebody looks, and once a second at most. */
export function createStatus({ addresses, links, clock }: StatusOptions): StatusPage {
  /** Oldest first; at most eleven of them, one a second within the span. */
  let looks: readonly Look[] = []
  const once = singleFlight<'look', Look>()

  async function look(): Promise<Look> {
    const last = looks.at(-1)
    if (last !== undefined && clock.now() - last.at < lookLife) return last
    const services = await Promise.all(serviceNames.map((name) => lookAt(name, addresses[name])))
    const now: Look = { at: clock.now(), services }
    looks = [...looks.filter(({ at }) => now.at - at <= span), now]
    return now
  }

  return async () => {
    const now = await once('look', look)
    const before = looks[0] ?? now
    const seconds = (now.at - before.at) / 1000
    const services = now.services.map(({ service, ready, copies, counts }) => {
      const earlier = before.services.find((each) => each.service === service)?.counts ?? null
      return { service, ready, copies, ...figures(earlier, counts, seconds) }
    })
    return new Reply(
      200,
      { ...ownHeaders, 'content-type': jsonType, 'cache-control': 'no-store' },
      JSON.stringify({ seconds, services, links }),
    )
  }
}

function figures(before: Counts | null, after: Counts | null, seconds: number) {
  const asked = before === null || after === null ? null : requestsBetween(before, after)
  if (before === null || after === null || asked === null || seconds === 0) {
    return { requests_per_second: null, p99_ms: null }
  }
  const p99 = quantileBetween(before, after, 0.99)
  return {
    requests_per_second: rounded(asked / seconds),
    p99_ms: p99 === null ? null : rounded(p99 * 1000),
  }
}

const rounded = (value: number): number => Math.round(value * 10) / 10

async function lookAt(service: ServiceName, addresses: readonly string[]): Promise<ServiceLook> {
  const copies = await Promise.all(
    addresses.map(async (address) => {
      const [ready, page] = await Promise.all([
        ask(`${address}/health/ready`),
        ask(`${address}/metrics`),
      ])
      return { ready: ready !== null, counts: page === null ? null : countsIn(page) }
    }),
  )
  const told = copies.flatMap(({ counts }) => (counts === null ? [] : [counts]))
  return {
    service,
    ready: copies.filter(({ ready }) => ready).length,
    copies: copies.length,
    counts: told.length < copies.length ? null : told.reduce(add, nothing),
  }
}

/** The text of a 200; null for any other answer, and for none. */
async function ask(url: string): Promise<string | null> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(patience), redirect: 'manual' })
    const text = await answer.text()
    return answer.status === 200 ? text : null
  } catch {
    return null
  }
}

/** `Prometheus=http://localhost:9090/`; throws an error of one sentence for anything else. */
export function linkOf(text: string): Link {
  const [, name = '', url = ''] = /^([^=]+)=(https?:\/\/\S+)$/.exec(text) ?? []
  if (name === '') throw new Error(`GATEWAY_LINKS has "${text}", which is no name=http://address.`)
  return { name, url }
}
