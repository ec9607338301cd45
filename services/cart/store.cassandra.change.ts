/** One conditional change of one cart, known by an operation of its own also when others have built on it. */
import { settle } from '../../core/cassandra/settle.ts'
import type { BoundWrite, ConditionalBatch } from '../../core/cassandra/statement.ts'
import { newId, type UserId } from '../../core/values/ids.ts'
import type { Statements } from './store.cassandra.statements.ts'

/**
 * Makes the writes, of which one is conditional, in one batch; false where the condition did not hold.
 * A batch may come twice, long after it was answered: the second time its condition must fail, or its
 * writes must do no harm.
 *
 * @throws OutcomeUnknown, to a client the problem `outcome_unknown`
 */
export type Change = (
  batch: ConditionalBatch,
  user: UserId,
  writes: readonly BoundWrite[],
) => Promise<boolean>

/** Seconds after which nobody asks any more whether a change was made. */
const operationLife = 3_600

export function createChange({
  addOperation,
  operation,
}: Pick<Statements, 'addOperation' | 'operation'>): Change {
  return async (batch, user, writes) => {
    const id = newId<string>()
    const all = [...writes, addOperation.bind(user, id, operationLife)]
    const { applied } = await settle(
      () => batch.run(all),
      async () => (await operation.get(user, id)) !== undefined,
    )
    return applied
  }
}
