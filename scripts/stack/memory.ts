/** Memory of a process and of all that it started, as Linux tells it. */
import { readdirSync, readFileSync } from 'node:fs'

interface Process {
  readonly pid: number
  readonly parent: number
  readonly bytes: number
}

/** Resident bytes of each tree whose root is named; null where the system has no /proc. */
export function memoryOfTrees(roots: readonly number[]): ReadonlyMap<number, number> | null {
  let all: readonly Process[]
  try {
    all = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap(read)
  } catch {
    return null
  }
  const children = Map.groupBy(all, ({ parent }) => parent)
  const sum = (pid: number): number =>
    (children.get(pid) ?? []).reduce(
      (total, child) => total + sum(child.pid),
      all.find((each) => each.pid === pid)?.bytes ?? 0,
    )
  return new Map(roots.map((pid) => [pid, sum(pid)]))
}

/** Empty for a process that has ended meanwhile. */
function read(name: string): readonly Process[] {
  try {
    const status = readFileSync(`/proc/${name}/status`, 'utf8')
    const field = (key: string): number =>
      Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0)
    return [{ pid: Number(name), parent: field('PPid'), bytes: field('VmRSS') * 1024 }]
  } catch {
    return []
  }
}
