/** The other services as one process sees them: the copies of each, watched once, and clients over them. */
import { soleCopy, watchCopies, type Copies } from '../clients/copies.ts'
import {
  createServiceClient,
  type ServiceClient,
  type ServiceClientOptions,
} from '../clients/service-client.ts'
import type { MeteredClient } from '../clients/client-metrics.ts'
import type { Logger } from '../logging/logger.ts'
import { serviceNames, type ServiceName } from '../values/service-name.ts'
import type { Clock } from '../values/time.ts'

export type ClientOptions = Partial<Pick<ServiceClientOptions, 'timeout' | 'concurrency' | 'queue'>>

export interface Peers {
  copiesOf(name: ServiceName): Copies
  /** Call it once per service: breakers and retry budget are the client's own. */
  client(name: ServiceName, options?: ClientOptions): ServiceClient
  /** Resolves when every copy that is known here was asked once. */
  checked(): Promise<void>
  stop(): Promise<void>
}

export interface PeersOptions {
  readonly addresses: Readonly<Record<ServiceName, readonly string[]>>
  /** Milliseconds between two checks of a copy. */
  readonly interval: number
  readonly tokens: ServiceClientOptions['tokens']
  readonly clock: Clock
  readonly log: Logger
  /** What counts, and traces, the calls of a client. */
  readonly metered: (peer: ServiceName) => MeteredClient
}

/** Only services that are asked for are watched, and only where there are copies to choose from. */
export function createPeers(options: PeersOptions): Peers {
  const { addresses, interval, tokens, clock, log, metered } = options
  const known = new Map<ServiceName, Copies>()

  function copiesOf(service: ServiceName): Copies {
    const watched = known.get(service)
    if (watched !== undefined) return watched
    const [first = '', ...more] = addresses[service]
    const copies =
      more.length === 0
        ? soleCopy(service, first)
        : watchCopies({
            service,
            addresses: addresses[service],
            interval,
            otherwise: 'any',
            log,
          })
    known.set(service, copies)
    return copies
  }

  return {
    copiesOf,
    client(name, own) {
      const { events, measured } = metered(name)
      const copies = copiesOf(name)
      return measured(createServiceClient({ copies, tokens, log, clock, events, ...own }))
    },
    async checked() {
      await Promise.all(serviceNames.map((name) => known.get(name)?.checked))
    },
    async stop() {
      await Promise.all(serviceNames.map((name) => known.get(name)?.stop()))
    },
  }
}
