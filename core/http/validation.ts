/** Validation by the route's TypeBox schemas, compiled at boot. */
import Type, { type Static, type TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import Format from 'typebox/format'
import { Settings } from 'typebox/system'
import { withBoundedPatterns } from './bounded-pattern.ts'
import { problem, type Problem } from './problem.ts'
import { shapeOf } from './shape.ts'
import { inForm, mistakeOf, textMark, type TextForm } from './text.ts'

export interface Issue {
  /** JSON pointer into what was sent; empty for the whole. */
  readonly path: string
  readonly message: string
}

/** More than this helps nobody and would let a small body ask for a large answer. */
const maxIssues = 20

/** A name that a client made up comes back in the issue's path; this much of it tells which one. */
const maxPath = 100

// TypeBox's own takes the text apart before it looks: 10 ms for 64 KB, of which 40 can be a moment.
Format.Set('date-time', (text) => text.length <= 64 && Format.IsDateTime(text))

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

/**
 * Checks a value; gives it back typed, without legacy fields and with its texts in their form
 * (`core/http/text.ts`), or throws `validation_failed`.
 */
export function compileValidator<S extends TSchema>(schema: S): (value: unknown) => Static<S> {
  const compiled = Compile(withBoundedPatterns(schema))
  const holds = { texts: false }
  const rewrite = rewriter(schema, holds)
  const check = (value: unknown): void => {
    if (!compiled.Check(value)) throw invalid(readable(compiled.Errors(value)))
  }
  if (rewrite === null) {
    return (value) => {
      check(value)
      // Check() has just proved it.
      return value as Static<S>
    }
  }
  return (value) => {
    check(value)
    const rewritten = rewrite(value)
    // In another form a text may have another length, or be blank.
    if (holds.texts) check(rewritten)
    return rewritten as Static<S>
  }
}

interface RawIssue {
  readonly keyword: string
  readonly instancePath: string
  readonly message: string
  readonly params: object
}

/**
 * TypeBox tells some mistakes twice: a refused field as a false schema at its place and as its parent's
 * rule, a union by its members and as a whole. The second of each says nothing more.
 */
const echoes = new Set(['additionalProperties', 'anyOf'])

function readable(errors: readonly RawIssue[]): readonly Issue[] {
  const issues: Issue[] = []
  const ofWrongLength = new Set<string>()
  for (const { keyword, instancePath, message, params } of errors) {
    if (echoes.has(keyword)) continue
    // Lengths come first, and what is empty says no more by not being of a pattern either.
    if (keyword === 'minLength' || keyword === 'maxLength') ofWrongLength.add(instancePath)
    if (keyword === 'pattern' && ofWrongLength.has(instancePath)) continue
    const text = sentenceOf(keyword, params) ?? message
    if (issues.some((each) => each.path === instancePath && each.message === text)) continue
    issues.push({ path: instancePath, message: text })
    if (issues.length === maxIssues) break
  }
  return issues
}

function sentenceOf(keyword: string, params: object): string | null {
  if (keyword === 'boolean') return 'is not a known field'
  return keyword === 'pattern' && 'pattern' in params ? mistakeOf(String(params.pattern)) : null
}

type Rewrite = (value: unknown) => unknown

/** Built once per schema; null where it has neither a legacy field nor a text with a form, which `holds` notes. */
function rewriter(schema: TSchema, holds: { texts: boolean }): Rewrite | null {
  const shape = shapeOf(schema)
  if (shape.kind === 'array') {
    const rewriteItem = rewriter(shape.items, holds)
    return rewriteItem && ((value) => (value as unknown[]).map(rewriteItem))
  }
  if (shape.kind === 'nullable') {
    const rewriteInner = rewriter(shape.inner, holds)
    return rewriteInner && ((value) => (value === null ? null : rewriteInner(value)))
  }
  if (shape.kind === 'scalar') {
    const form = formOf(schema)
    holds.texts ||= form !== null
    return form && ((value) => inForm(form, value as string))
  }
  if (shape.kind !== 'object') return null
  const dropped: string[] = []
  const inner: [string, Rewrite][] = []
  for (const [name, property] of shape.properties) {
    if (isLegacy(property)) dropped.push(name)
    const rewrite = rewriter(property, holds)
    if (rewrite !== null) inner.push([name, rewrite])
  }
  if (dropped.length === 0 && inner.length === 0) return null
  return (value) => {
    const record = value as Record<string, unknown>
    for (const name of dropped) delete record[name]
    for (const [name, rewrite] of inner) {
      if (record[name] !== undefined) record[name] = rewrite(record[name])
    }
    return record
  }
}

const formOf = (schema: TSchema): TextForm | null =>
  (schema as { readonly [textMark]?: TextForm })[textMark] ?? null
