/** Which request targets are refused, and that the short way over a route refuses the same. */
import { describe, expect, test } from 'bun:test'
import { badTargetsFor, goodTargets } from './bad-targets.fixture.ts'
import { createRouter } from './router.ts'
import { faultOfMatch, faultOfTarget } from './target.ts'

const split = (target: string): readonly [string, string] => {
  const mark = target.indexOf('?')
  return mark === -1 ? [target, ''] : [target.slice(0, mark), target.slice(mark + 1)]
}
const withoutHost = (target: string): string => target.replace(/^http:\/\/[^/]*/, '')
const bad = ['', '/user-api'].flatMap((prefix) => badTargetsFor(prefix, 'metrics').map(withoutHost))

describe('a target', () => {
  test.each([...bad, '', 'metrics', '*', '/x\ty'])('%p is refused', (target) => {
    expect(faultOfTarget(...split(target))).toBeString()
  })
  test.each(goodTargets)('%p is good', (target) => {
    expect(faultOfTarget(...split(target))).toBeNull()
  })
})

test('what meets a route is refused as it is without one', () => {
  const names = Array.from({ length: 10 }, (_, depth) => `:p${depth}`)
  const paths = names.map((_, depth) => `/${names.slice(0, depth + 1).join('/')}`)
  const router = createRouter(paths.map((path) => ({ method: 'GET', path, value: path })))
  let met = 0
  for (const target of [...bad, ...goodTargets]) {
    const [path, query] = split(target)
    let match
    try {
      match = router.find(path)
    } catch {
      // Escapes that nobody can decode: refused as well.
      expect([target, faultOfTarget(path, query)]).toEqual([target, expect.any(String)])
      continue
    }
    if (match === null) continue
    met++
    const fault = faultOfMatch(path, query, match.params)
    expect([target, fault]).toEqual([target, faultOfTarget(path, query)])
  }
  expect(met).toBeGreaterThan(40)
})
