/** Request bodies: strict UTF-8, bounded depth, JSON or form; what `req.json()` lets through is ours to refuse. */
import { problem } from './problem.ts'
import type { BodyEncoding } from './route.ts'
import { invalid } from './validation.ts'

/** Deeper JSON than any schema of the shop; measured: `req.json()` accepts 20,000 levels. */
const maxDepth = 32

const mediaTypes: Readonly<Record<BodyEncoding, string>> = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
}

// Fatal: a broken sequence is an error, never a replacement character.
const decoder = new TextDecoder('utf-8', { fatal: true })

/** Picks the parser for a content type; throws `unsupported_media_type`. */
export function bodyParser(
  accepts: readonly BodyEncoding[],
): (contentType: string | null, bytes: Uint8Array) => unknown {
  const accepted = accepts.map((encoding) => mediaTypes[encoding]).join(' or ')
  return (contentType, bytes) => {
    const encoding = accepts.find((each) => mediaTypes[each] === mediaTypeOf(contentType))
    if (encoding === undefined) {
      throw problem('unsupported_media_type', { values: { accepted } })
    }
    const text = decode(bytes)
    return encoding === 'json' ? parseJson(text) : parseForm(text)
  }
}

/** Parses JSON of bounded depth; throws `validation_failed`. */
export function parseJson(text: string): unknown {
  if (tooDeep(text)) throw invalid([{ path: '', message: `nested deeper than ${maxDepth} levels` }])
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw invalid([{ path: '', message: 'not valid JSON' }])
  }
  // Only an escape can bring half of a surrogate pair in, and no store gives that back as it came.
  if (surrogateEscape.test(text) && !isWellFormed(value)) {
    throw invalid([{ path: '', message: 'holds half of a surrogate pair' }])
  }
  return value
}

const surrogateEscape = /\\u[dD][89a-fA-F]/

function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  if (value === null || typeof value !== 'object') return true
  return Object.entries(value).every(([name, field]) => name.isWellFormed() && isWellFormed(field))
}

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw invalid([{ path: '', message: 'not valid UTF-8' }])
  }
}

/** A form as a flat object of strings; `__proto__` becomes an own property that no schema knows. */
function parseForm(text: string): unknown {
  const fields = new Map<string, string>()
  for (const [name, value] of decodePairs(text)) {
    if (fields.has(name)) throw invalid([{ path: `/${name}`, message: 'given more than once' }])
    fields.set(name, value)
  }
  return Object.fromEntries(fields)
}

/** Decodes `a=b&c=d` strictly: broken percent-encoding or UTF-8 throws `validation_failed`. */
export function* decodePairs(text: string): Generator<[string, string]> {
  if (text === '') return
  for (const pair of text.split('&')) {
    if (pair === '') continue
    const mark = pair.indexOf('=')
    const name = mark === -1 ? pair : pair.slice(0, mark)
    const value = mark === -1 ? '' : pair.slice(mark + 1)
    yield [decodeComponent(name), decodeComponent(value)]
  }
}

function decodeComponent(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw invalid([{ path: '', message: 'not valid percent-encoded UTF-8' }])
  }
}

const mediaTypeOf = (header: string | null): string => {
  if (header === null) return ''
  const end = header.indexOf(';')
  return (end === -1 ? header : header.slice(0, end)).trim().toLowerCase()
}

function tooDeep(text: string): boolean {
  let depth = 0
  let inString = false
  for (let index = 0; index < text.length; index++) {
    const char = text.charCodeAt(index)
    if (inString) {
      if (char === 0x5c) index++
      else if (char === 0x22) inString = false
    } else if (char === 0x22) inString = true
    else if (char === 0x7b || char === 0x5b) {
      if (++depth > maxDepth) return true
    } else if (char === 0x7d || char === 0x5d) depth--
  }
  return false
}
