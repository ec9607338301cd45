/** One conditional change of one cart, known by an operation of its own also when others have built on it. */
import { settle } from '../../core/cassandra/settle.ts'
import type { BoundWrite } from '../../core/cassandra/statement.ts'
import { newId, type UserId } from '../../core/values/ids.ts'
import type { Statements } from './store.cassandra.statements.ts'

/**
 * Makes the writes, of which one is conditional, in one batch; false where the condition did not hold.
 * The condition must be one that never holds again once the batch has been made: the batch may come
 * twice.
 *
 * @throws OutcomeUnknown, to a client the problem `store_unavailable`
 */
export type Change = (user: UserId, writes: readonly BoundWrite[]) => Promise<boolean>

/** Seconds after which nobody asks any more whether a change was made. */
const operationLife = 3_600

export function createChange(
  sql: Pick<Statements, 'change' | 'addOperation' | 'operation'>,
): Change {
  return async (user, writes) => {
    const operation = newId<string>()
    const batch = [...writes, sql.addOperation.bind(user, operation, operationLife)]
    const { applied } = await settle(
      () => sql.change.run(batch),
      async () => (await sql.operation.get(user, operation)) !== undefined,
    )
    return applied
  }
}
