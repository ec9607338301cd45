/** Validation by the route's TypeBox schemas, compiled at boot. */
import Type, { type Static, type TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { Settings } from 'typebox/system'
import { problem, type Problem } from './problem.ts'
import { shapeOf } from './shape.ts'

export interface Issue {
  /** JSON pointer into what was sent; empty for the whole. */
  readonly path: string
  readonly message: string
}

/** More than this helps nobody and would let a small body ask for a large answer. */
const maxIssues = 20

/** A name that a client made up comes back in the issue's path; this much of it tells which one. */
const maxPath = 100

// TypeBox stops at 8 by itself and tells a refused field twice.
Settings.Set({ maxErrors: 2 * maxIssues })

const legacyMark = 'x-legacy'

/**
 * A field that older clients send and the server no longer needs: accepted whatever it holds, and
 * dropped before the handler sees it.
 */
export const legacy = () =>
  Type.Optional(Type.Unknown({ [legacyMark]: true, description: 'Accepted and ignored' }))

export const isLegacy = (schema: TSchema): boolean => legacyMark in schema

/** The problem for a request that has the wrong shape. */
export function invalid(found: readonly Issue[]): Problem {
  const issues = found.map(({ path, message }) => ({ path: path.slice(0, maxPath), message }))
  const first = issues[0]
  const reason =
    first === undefined
      ? 'invalid'
      : [first.path.replace(/^\//, ''), first.message].filter(Boolean).join(' ')
  return problem('validation_failed', { values: { reason }, extra: { errors: issues } })
}

/** Checks a value; gives it back typed and without legacy fields, or throws `validation_failed`. */
export function compileValidator<S extends TSchema>(schema: S): (value: unknown) => Static<S> {
  const compiled = Compile(schema)
  const drop = legacyDropper(schema)
  return (value) => {
    if (!compiled.Check(value)) throw invalid(readable(compiled.Errors(value)))
    drop?.(value)
    // Check() has just proved it.
    return value as Static<S>
  }
}

interface RawIssue {
  readonly keyword: string
  readonly instancePath: string
  readonly message: string
}

/**
 * TypeBox tells some mistakes twice: a refused field as a false schema at its place and as its parent's
 * rule, a union by its members and as a whole. The second of each says nothing more.
 */
const echoes = new Set(['additionalProperties', 'anyOf'])

function readable(errors: readonly RawIssue[]): readonly Issue[] {
  const issues: Issue[] = []
  for (const { keyword, instancePath, message } of errors) {
    if (echoes.has(keyword)) continue
    const text = keyword === 'boolean' ? 'is not a known field' : message
    if (issues.some((each) => each.path === instancePath && each.message === text)) continue
    issues.push({ path: instancePath, message: text })
    if (issues.length === maxIssues) break
  }
  return issues
}

type Drop = (value: unknown) => void

/** Built once per schema; absent where a schema has no legacy field. */
function legacyDropper(schema: TSchema): Drop | null {
  const shape = shapeOf(schema)
  if (shape.kind === 'array') {
    const dropItem = legacyDropper(shape.items)
    return dropItem && ((value) => (value as unknown[]).forEach(dropItem))
  }
  if (shape.kind === 'nullable') {
    const dropInner = legacyDropper(shape.inner)
    return dropInner && ((value) => value !== null && dropInner(value))
  }
  if (shape.kind !== 'object') return null
  const dropped: string[] = []
  const inner: [string, Drop][] = []
  for (const [name, property] of shape.properties) {
    if (isLegacy(property)) dropped.push(name)
    const drop = legacyDropper(property)
    if (drop !== null) inner.push([name, drop])
  }
  if (dropped.length === 0 && inner.length === 0) return null
  return (value) => {
    const record = value as Record<string, unknown>
    for (const name of dropped) delete record[name]
    for (const [name, drop] of inner) if (record[name] !== undefined) drop(record[name])
  }
}
