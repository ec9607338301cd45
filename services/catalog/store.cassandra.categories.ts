/** Versions of the categories: all in one partition, raised together by what waits together. */
import { settle } from '../../core/cassandra/settle.ts'
import { rounds } from '../../core/cassandra/rounds.ts'
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
/** Against other copies; with the pauses some 10 s. */
const contention = { most: 40, step: 12 }
/** Seconds in which the outcome of a raise can be asked for. */
const operationLife = 3_600

export function createCategories(sql: Statements): Categories {
  const queue = inBatches<'all', Raise>({ maxItems: batchSize, run: raiseAll })

  async function raiseAll(_: 'all', raises: readonly Raise[]): Promise<void> {
    const names = [...new Set(raises.flatMap((raise) => [...raise.names]))]
    const [first] = names
    if (first === undefined) return
    const raised = await rounds(async () => {
      const known = new Map(
        (await sql.categories.all()).map(({ category, version }) => [category, version]),
      )
      const operation = newId<string>()
      const next = new Map(names.map((name) => [name, (known.get(name) ?? 0) + 1]))
      const outcome = await settle(
        () =>
          sql.raise.run(
            [...next].flatMap(([name, version]) => [
              sql.setVersion.bind(version, name, known.get(name) ?? null),
              sql.addRaise.bind(operationLife, version, operation, name),
            ]),
          ),
        async () => {
          const now = await sql.categorySettled.get(first)
          return now?.operations?.get(next.get(first) ?? 0) === operation
        },
      )
      return outcome.applied ? next : null
    }, contention)
    for (const raise of raises) {
      raise.versions = [...raise.names].map((category) => {
        return { category, version: raised.get(category) ?? 0 }
      })
    }
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
