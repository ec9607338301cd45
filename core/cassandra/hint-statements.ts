/** The statements of hints and marks, on the tables `hints` and `marks` of a service's own keyspace. */
import { millis, type Millis } from '../values/time.ts'
import type { Keyspace } from './keyspace.ts'
import { settle } from './settle.ts'

export type HintKey = [kind: string, bucket: number, shard: number]

export type HintStatements<Id extends string> = ReturnType<typeof declareHints<Id>>

/** How late a hint may come into a time that readers have passed, clocks that differ included. */
export const lateness = 10_000

/** `column` names what a hint leads to. */
export function declareHints<Id extends string>(keyspace: Keyspace, column: string) {
  return {
    addHint: keyspace.write<[...HintKey, at: Millis, id: Id, sequence: number, seconds: number]>(
      `INSERT INTO hints (kind, bucket, shard, at, ${column}, sequence)
       VALUES (?, ?, ?, ?, ?, ?) USING TTL ?`,
      'add_hint',
    ),
    hints: keyspace.read<
      [...HintKey, from: Millis, to: Millis],
      { readonly at: Millis; readonly id: Id; readonly sequence: number }
    >(
      `SELECT at, ${column} AS id, sequence FROM hints
       WHERE kind = ? AND bucket = ? AND shard = ? AND at >= ? AND at <= ?`,
      'get_hints',
      { pageSize: 500 },
    ),
    dropHint: keyspace.write<[...HintKey, at: Millis, id: Id, sequence: number]>(
      `DELETE FROM hints
       WHERE kind = ? AND bucket = ? AND shard = ? AND at = ? AND ${column} = ? AND sequence = ?`,
      'drop_hint',
    ),
    /** Adds or drops of one partition. */
    changeHints: keyspace.batch('change_hints'),
    mark: keyspace.read<[name: string], { at: Millis }>(
      'SELECT at FROM marks WHERE name = ?',
      'get_mark',
    ),
    addMark: keyspace.conditional<[name: string, at: Millis], { at: Millis }>(
      'INSERT INTO marks (name, at) VALUES (?, ?) IF NOT EXISTS',
      'add_mark',
    ),
    raiseMark: keyspace.conditional<[at: Millis, name: string, below: Millis], { at: Millis }>(
      'UPDATE marks SET at = ? WHERE name = ? IF at < ?',
      'raise_mark',
    ),
  }
}

type MarkStatements = Pick<HintStatements<string>, 'mark' | 'addMark'>

/** The mark of this name, made if there is none: nothing of the service is older than its first mark. */
export async function firstMark(sql: MarkStatements, name: string, now: Millis): Promise<Millis> {
  const known = await sql.mark.get(name)
  if (known !== undefined) return known.at
  const at = millis(now - lateness)
  // Whichever copy comes first: the mark is its, and equally good.
  await settle(
    () => sql.addMark.run(name, at),
    async () => (await sql.mark.get(name)) !== undefined,
  )
  return (await sql.mark.get(name))?.at ?? at
}
