/** Reads the user service's feed of ended sessions over HTTP. */
import Type from 'typebox'
import type { RevocationPage } from '../auth/revocations.ts'
import type { ServiceClient } from '../clients/service-client.ts'
import { Timestamp, Uuid } from '../http/schemas.ts'
import { compileValidator } from '../http/validation.ts'
import { deadlineIn } from '../resilience/deadline.ts'
import type { SessionId } from '../values/ids.ts'
import { millis } from '../values/time.ts'

const Page = Type.Object({
  entries: Type.Array(Type.Object({ session_id: Uuid, ended_at: Timestamp })),
  cursor: Type.Integer(),
})

/** Shorter than the interval of the reader that asks, so that a slow answer never piles up. */
const budget = 1_000

export function revocationFeed(user: ServiceClient): (after: number) => Promise<RevocationPage> {
  const read = compileValidator(Page)
  return async (after) => {
    const answer = await user.call({
      method: 'GET',
      path: `/internal/revocations?after=${after}`,
      idempotent: true,
      deadline: deadlineIn(budget),
    })
    if (answer.status !== 200) throw new Error(`The revocation feed answered ${answer.status}.`)
    const page = read(answer.json())
    return {
      entries: page.entries.map((entry) => ({
        session: entry.session_id as SessionId,
        endedAt: millis(Date.parse(entry.ended_at)),
      })),
      cursor: page.cursor,
    }
  }
}
