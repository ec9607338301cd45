/** A keyspace that loses its process or its answers at a chosen write, for tests on a real node. */
import { OutcomeUnknown } from '../http/outcome-unknown.ts'
import type { Keyspace } from './keyspace.ts'

export type Fault =
  /** The process ends at the write, before or after it takes effect: every later call fails. */
  | { readonly kind: 'crash'; readonly at: number; readonly effect: 'before' | 'after' }
  /** The answer to the conditional write is lost; it took effect, or did not, or does so later. */
  | { readonly kind: 'doubt'; readonly at: number; readonly outcome: 'done' | 'lost' | 'late' }

export interface FaultyKeyspace {
  readonly keyspace: Keyspace
  /** Counts writes from 1 again, but for those in the background; null for a healthy process. */
  plan(fault: Fault | null): void
  /** Name of the write that the fault struck; null while it did not. */
  struck(): string | null
  /** Resolves when late writes have been made. */
  quiet(): Promise<void>
}

const lateBy = 30

/** Writes that nobody waits for: when they come is not the same each time. */
const background: ReadonlySet<string> = new Set(['drop_hint', 'raise_mark', 'raise_feed_bucket'])

/** Its statements are declared once, so that one store after another can be opened on it. */
export function faultyKeyspace(real: Keyspace): FaultyKeyspace {
  const declared = new Map<string, unknown>()
  const late = new Set<Promise<unknown>>()
  let fault: Fault | null = null
  let writes = 0
  let struck: string | null = null
  let dead = false

  function requireAlive(): void {
    if (dead) throw new Error('the process is dead')
  }

  async function write<T>(name: string, conditional: boolean, send: () => Promise<T>): Promise<T> {
    requireAlive()
    const counts = conditional || fault?.kind === 'crash'
    if (fault === null || !counts || background.has(name) || ++writes !== fault.at) {
      const result = await send()
      requireAlive()
      return result
    }
    struck = name
    if (fault.kind === 'crash') {
      dead = true
      if (fault.effect === 'after') await send()
      throw new Error('crash')
    }
    if (fault.outcome === 'done') await send()
    if (fault.outcome === 'late') {
      const twin = new Promise((resolve) => setTimeout(resolve, lateBy)).then(send)
      const made = twin.catch(() => {}).finally(() => late.delete(made))
      late.add(made)
    }
    throw new OutcomeUnknown(new Error('no answer'))
  }

  /** The statement of this name, with `run` and the reads put behind the fault. */
  function once<S extends object>(name: string, conditional: boolean, declare: () => S): S {
    const known = declared.get(name) as S | undefined // one name is one statement
    if (known !== undefined) return known
    const statement = declare()
    const faulty = new Proxy(statement, {
      get(target, member) {
        const value: unknown = Reflect.get(target, member)
        if (typeof value !== 'function' || member === 'bind') return value
        if (member === 'run') {
          return (...params: unknown[]) =>
            write(name, conditional, () => value.apply(target, params) as Promise<unknown>)
        }
        return (...params: unknown[]): unknown => {
          requireAlive()
          return value.apply(target, params)
        }
      },
    })
    declared.set(name, faulty)
    return faulty
  }

  return {
    keyspace: {
      ...real,
      read: (cql, name, options) => once(name, false, () => real.read(cql, name, options)),
      write: (cql, name, options) => once(name, false, () => real.write(cql, name, options)),
      conditional: (cql, name) => once(name, true, () => real.conditional(cql, name)),
      batch: (name) => once(name, false, () => real.batch(name)),
      conditionalBatch: (name) => once(name, true, () => real.conditionalBatch(name)),
      close: async () => {},
    },
    plan(next) {
      fault = next
      writes = 0
      struck = null
      dead = false
    },
    struck: () => struck,
    async quiet() {
      await Promise.all(late)
    },
  }
}

/**
 * Runs with each fault in turn until one comes too late to strike; resolves with the names of the
 * writes that were struck. What `prepare` does before each run is not struck.
 */
export async function withEvery<Subject>(
  faulty: FaultyKeyspace,
  faultAt: (at: number) => Fault,
  prepare: () => Promise<Subject>,
  run: (subject: Subject, at: number) => Promise<void>,
): Promise<readonly string[]> {
  const names: string[] = []
  for (let at = 1; ; at++) {
    faulty.plan(null)
    const subject = await prepare()
    faulty.plan(faultAt(at))
    await run(subject, at)
    await faulty.quiet()
    const name = faulty.struck()
    if (name === null) return names
    names.push(name)
  }
}
