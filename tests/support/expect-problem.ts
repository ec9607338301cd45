/** The check of an error: a problem document of RFC 9457, with the headers that belong to its status. */
import { expect } from 'bun:test'
import { errors, type ErrorCode } from '../../core/http/errors.ts'
import type { RawAnswer } from './raw.ts'
import type { Answered } from './send.ts'
import { conform, ProblemDocument } from './shapes.ts'

/** Fails unless the answer is the problem; `instance` is checked where it is given. */
export function expectProblem(
  answer: Answered,
  status: number,
  code?: ErrorCode,
  instance?: string,
): ProblemDocument {
  if (answer.status !== status) {
    throw new Error(`Expected ${status} ${code ?? ''}, got ${answer.status}: ${answer.text}`)
  }
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
  const document = conform(ProblemDocument, answer.json())
  expect(document.status).toBe(status)
  expect(Object.keys(errors)).toContain(document.code)
  expect(document.type).toBe(`/docs/errors#${document.code}`)
  if (code !== undefined) expect(document.code).toBe(code)
  if (instance !== undefined) expect(document.instance).toBe(instance)
  expectHeaders(answer, document)
  expectNothingInner(answer.text)
  return document
}

/** The same of an answer that came over a bare socket. */
export function expectRawProblem({ status, headers, body }: RawAnswer, expected: number): void {
  const answer: Answered = {
    status,
    headers: new Headers(headers),
    text: body,
    json: () => JSON.parse(body) as unknown,
  }
  expectProblem(answer, expected)
}

function expectHeaders({ status, headers }: Answered, document: ProblemDocument): void {
  if (status === 401) expect(headers.get('www-authenticate')).toMatch(/^Bearer/)
  if (status === 405) expect(headers.get('allow')).not.toBeNull()
  if (status === 429 || status === 503) expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
  if (document.code === 'validation_failed') expect(document.errors?.length).toBeGreaterThan(0)
}

/** No stack, no SQL, no path and no address of this machine reaches a client. */
function expectNothingInner(text: string): void {
  expect(text).not.toMatch(
    /\bat \S+ \(|\.ts\b|node_modules|SELECT |INSERT |SQLITE|ECONN|127\.0\.0\.1/,
  )
}
