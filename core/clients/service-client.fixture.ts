/** Calls of a service client as tests make them. */
import { createLogger } from '../logging/logger.ts'
import { deadlineIn } from '../resilience/deadline.ts'
import { UpstreamFailure, type ServiceRequest } from './service-client.ts'

export const log = createLogger({ service: 'cart', level: 'silent' })
export const tokens = { tokenFor: (audience: string) => `token-for-${audience}` }

export const request = (changes: Partial<ServiceRequest> = {}): ServiceRequest => ({
  method: 'POST',
  path: '/internal/orders',
  body: { a: 1 },
  idempotent: false,
  deadline: deadlineIn(5000),
  ...changes,
})

/** How a call failed; throws when it did not, or in another way. */
export async function failureOf(call: Promise<unknown>): Promise<UpstreamFailure> {
  try {
    await call
  } catch (error) {
    if (error instanceof UpstreamFailure) return error
    throw error
  }
  throw new Error('the call was expected to fail')
}
