/** What the parts of the page have in common. */
import type { Machine } from '../macro/machine.ts'
import type { Rated } from './goal.ts'

export const tableOf = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')

/** Commit, machine, and the rounds that a comparison has; `placed` tells who had which core. */
export function whereOf(machine: Machine, comparison: Rated | undefined, placed: string): string {
  const rounds = Object.values(comparison?.rounds ?? {})[0]?.length ?? 0
  return [
    `Commit ${machine.commit}${machine.changed ? ' with changes' : ''}, ${machine.time.slice(0, 16).replace('T', ' ')} UTC, Bun ${machine.bun}.`,
    `${machine.cores} cores of ${machine.processor}, ${(machine.memory / 2 ** 30).toFixed(0)} GB, Linux ${machine.kernel}; ${machine.pinned ? placed : 'cores not pinned'}; load average ${machine.load} at the start.`,
    `${rounds} interleaved rounds`,
  ].join(' ')
}
