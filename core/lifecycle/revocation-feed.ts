/** Reads the user service's feed of ended sessions over HTTP. */
import Type, { type Static } from 'typebox'
import type { Revocation, RevocationPage } from '../auth/revocations.ts'
import type { ServiceClient } from '../clients/service-client.ts'
import { Timestamp, Uuid } from '../http/schemas.ts'
import { compileValidator } from '../http/validation.ts'
import { deadlineIn } from '../resilience/deadline.ts'
import type { SessionId, UserId } from '../values/ids.ts'
import { millis } from '../values/time.ts'

const Page = Type.Object({
  entries: Type.Array(
    Type.Object({
      session_id: Uuid,
      ended_at: Timestamp,
      user_id: Type.Optional(Uuid),
      epoch: Type.Optional(Type.Integer()),
      keep_session_id: Type.Optional(Uuid),
    }),
  ),
  cursor: Type.Integer(),
})

// The user service answers ids of its own store.
function toRevocation(entry: Static<typeof Page>['entries'][number]): Revocation {
  const { user_id: user, epoch, keep_session_id: keep = null } = entry
  const endedAt = millis(Date.parse(entry.ended_at))
  return user === undefined || epoch === undefined
    ? { session: entry.session_id as SessionId, endedAt }
    : { user: user as UserId, epoch, keep: keep as SessionId | null, endedAt }
}

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
    return { entries: page.entries.map(toRevocation), cursor: page.cursor }
  }
}
