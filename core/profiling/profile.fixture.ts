/** Profiles made by hand: a text of indented lines becomes what the engine would have written. */
import { placeOf, type CallNode } from './call-tree.ts'
import type { CpuProfile } from './cpu-profile.ts'

interface Line {
  readonly depth: number
  readonly name: string
  readonly url: string
  readonly line: number
  readonly column: number
  readonly hits: number
}

/**
 * ```
 * fetch core/http/engine.ts:5 3        function, file:line[:column], samples of its own
 *   place services/order/placing.ts:9 2
 * ```
 * Native functions have `native` for a file.
 */
export function profileOf(text: string): CpuProfile {
  const lines = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(parsed)
  const base = Math.min(...lines.map(({ depth }) => depth))
  const root = {
    id: 1,
    callFrame: frame('(root)', '', -1, -1),
    hitCount: 0,
    children: [] as number[],
  }
  const nodes = [root]
  const path = [root]
  const samples: number[] = []
  lines.forEach(({ depth, name, url, line, column, hits }, index) => {
    const node = {
      id: index + 2,
      callFrame: url === 'native' ? frame(name, '', -1, -1) : frame(name, url, line - 1, column),
      hitCount: hits,
      children: [],
    }
    const level = (depth - base) / 2
    path[level]?.children.push(node.id)
    path[level + 1] = node
    nodes.push(node)
    for (let hit = 0; hit < hits; hit++) samples.push(node.id)
  })
  return {
    nodes,
    startTime: 0,
    endTime: samples.length * 1000,
    samples,
    timeDeltas: samples.map(() => 1000),
  }
}

/** A tree in the same form, for people to compare. */
export const shown = (node: CallNode, depth = 0): readonly string[] => [
  `${'  '.repeat(depth)}${node.called.name} ${placeOf(node.called)} ${node.self}`,
  ...[...node.children.values()].flatMap((child) => shown(child, depth + 1)),
]

function parsed(text: string): Line {
  const match = /^(\s*)(\S+) (native|[^\s:]+)(?::(\d+))?(?::(\d+))? (\d+)$/.exec(text)
  if (match === null) throw new Error(`Not a line of a profile: ${text}`)
  const [, indent = '', name = '', url = '', line = '0', column = '0', hits = '0'] = match
  return {
    depth: indent.length,
    name,
    url,
    line: Number(line),
    column: Number(column),
    hits: Number(hits),
  }
}

const frame = (functionName: string, url: string, lineNumber: number, columnNumber: number) => ({
  functionName,
  scriptId: '0',
  url,
  lineNumber,
  columnNumber,
})
