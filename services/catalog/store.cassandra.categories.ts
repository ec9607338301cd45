/** Versions of the categories: all in one partition, raised together by what waits together. */
import { unavailable } from '../../core/cassandra/failure.ts'
import { settle } from '../../core/cassandra/settle.ts'
import { inBatches } from '../../core/resilience/queues.ts'
import { newId } from '../../core/values/ids.ts'
import type { Statements } from './store.cassandra.statements.ts'
import type { CategoryVersion } from './store.ts'

export interface Categories {
  /** All that were ever announced, with their versions. */
  all(): Promise<readonly CategoryVersion[]>
  /** Raises the versions, together with what others want raised; the new ones in the order of names. */
  raise(names: ReadonlySet<string>): Promise<readonly CategoryVersion[]>
}

interface Raise {
  readonly names: ReadonlySet<string>
  versions: readonly CategoryVersion[]
}

const batchSize = 100
/** Rounds against other copies; with their pauses some 10 s. */
const maxRounds = 40
/** Seconds in which the outcome of a raise can be asked for. */
const operationLife = 3_600

export function createCategories(sql: Statements): Categories {
  const queue = inBatches<'all', Raise>({ maxItems: batchSize, run: raiseAll })

  async function raiseAll(_: 'all', raises: readonly Raise[]): Promise<void> {
    const names = [...new Set(raises.flatMap((raise) => [...raise.names]))]
    const [first] = names
    if (first === undefined) return
    for (let round = 1; round <= maxRounds; round++) {
      const known = new Map(
        (await sql.categories.all()).map(({ category, version }) => [category, version]),
      )
      const operation = newId<string>()
      const raised = new Map(names.map((name) => [name, (known.get(name) ?? 0) + 1]))
      const outcome = await settle(
        () =>
          sql.raise.run(
            [...raised].flatMap(([name, version]) => [
              sql.setVersion.bind(version, name, known.get(name) ?? null),
              sql.addRaise.bind(operationLife, version, operation, name),
            ]),
          ),
        async () => {
          const now = await sql.categorySettled.get(first)
          return now?.operations?.get(raised.get(first) ?? 0) === operation
        },
      )
      if (outcome.applied) {
        for (const raise of raises) {
          raise.versions = [...raise.names].map((category) => {
            return { category, version: raised.get(category) ?? 0 }
          })
        }
        return
      }
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 12 * round))
    }
    throw unavailable()
  }

  return {
    all: () => sql.categories.all(),
    async raise(names) {
      const raise: Raise = { names, versions: [] }
      await queue('all', raise)
      return raise.versions
    },
  }
}
