/** Which processes a changed file concerns, and the watch that asks. */
import { watch } from 'node:fs'
import { join, sep } from 'node:path'
import type { Role } from './plan.ts'

/** A file of a service concerns that service; a file of `core/` concerns all; a test nobody. */
export function concerned(file: string, names: readonly Role[]): readonly Role[] {
  const [top, second] = file.split(sep)
  if (!file.endsWith('.ts') || /\.(test|check|conformance|fixture)\.ts$/.test(file)) return []
  if (top === 'core') return names
  return top === 'services' ? names.filter((name) => name === second) : []
}

/**
 * Watches `services/` and `core/` under `root`. `onChange` gets the processes concerned, once for
 * all the writes of one save.
 *
 * @returns stops watching
 */
export function watchChanges(
  root: string,
  names: readonly Role[],
  onChange: (names: ReadonlySet<Role>) => void,
): () => void {
  // An editor writes a file in several steps, and a checkout many files.
  const settle = 100
  let changed = new Set<Role>()
  let timer: ReturnType<typeof setTimeout> | undefined
  const flush = (): void => {
    const ready = changed
    changed = new Set()
    onChange(ready)
  }
  const watchers = ['services', 'core'].map((folder) =>
    watch(join(root, folder), { recursive: true }, (_event, file) => {
      if (file === null) return
      const hit = concerned(join(folder, file), names)
      if (hit.length === 0) return
      for (const name of hit) changed.add(name)
      clearTimeout(timer)
      timer = setTimeout(flush, settle)
    }),
  )
  return () => {
    clearTimeout(timer)
    for (const watcher of watchers) watcher.close()
  }
}
