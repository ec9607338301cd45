/**
 * Forgetting: tells the catalog which reservations it may drop. It cannot know that by itself, for how
 * long the outbox has waited is known here alone.
 */
import type { Logger } from '../../core/logging/logger.ts'
import { deadlineIn } from '../../core/resilience/deadline.ts'
import { inSlices } from '../../core/resilience/in-slices.ts'
import type { Clock } from '../../core/values/time.ts'
import type { Stock } from './stock.ts'
import type { RetentionStore } from './store.ts'

export interface Forgetting {
  /** Forgets all that is due, unless the process has to stop; what fails is due again next time. */
  sweep(isStopping: () => boolean): Promise<void>
}

export interface ForgettingOptions {
  readonly store: Pick<RetentionStore, 'reservationsToForget' | 'forgotten'>
  readonly stock: Pick<Stock, 'forget'>
  readonly clock: Clock
  readonly log: Logger
}

/** Reservations of one call. */
const batch = 100
const budget = 2_000

export function createForgetting({ store, stock, clock, log }: ForgettingOptions): Forgetting {
  async function forgetSome(): Promise<boolean> {
    const asked = clock.now()
    const due = await store.reservationsToForget(asked, batch)
    if (due.length === 0) return false
    const ids = due.map(({ reservation }) => reservation)
    await stock.forget(ids, deadlineIn(budget, clock), asked)
    await store.forgotten(due, clock.now())
    return due.length >= batch
  }

  return {
    async sweep(isStopping) {
      try {
        await inSlices(async () => !isStopping() && (await forgetSome()))
      } catch (error) {
        // Nothing waits for it: rows stay a little longer.
        log.warn({ err: error }, 'reservations not forgotten')
      }
    },
  }
}
