/** What each planted fault must bring about: its own alert, and the pages that rightly come with it. */
import type { Fault } from '../../core/faults/faults.ts'
import type { ServiceName } from '../../core/values/service-name.ts'

export interface Incident {
  /** As it is sent to the switch. */
  readonly fault: Pick<Fault, 'kind'> & Partial<Fault>
  /** Where it is turned on. */
  readonly service: ServiceName
  /** The alert that is told, of that service. */
  readonly alert: string
  /** Critical alerts that may fire as well, `alert service`, with the reason. */
  readonly pages: Readonly<Record<string, string>>
}

/** In the order of `faultKinds`. Each at a strength that hurts without taking the service down. */
export const incidents: readonly Incident[] = [
  {
    fault: { kind: 'latency', milliseconds: 800 },
    service: 'catalog',
    alert: 'LatencyP99High',
    pages: {},
  },
]
