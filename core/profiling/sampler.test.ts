/** Samples of this very process: names, places in the project, frames around calls and awaits. */
import { expect, test } from 'bun:test'
import { callTreeOf, keyOf, totalOf, type CallNode } from './call-tree.ts'
import { keepFrame } from './keep-frame.ts'
import { startSampling } from './sampler.ts'

/** Busy for some milliseconds of this process's own time, however busy the machine is. */
function spin(milliseconds: number): number {
  const start = process.cpuUsage().user
  let sum = 0
  while (process.cpuUsage().user - start < milliseconds * 1000) sum += Math.sqrt(sum + 1)
  return sum
}

function tail_call(): number {
  return keepFrame(spin(120))
}

async function awaiting(): Promise<number> {
  spin(60)
  await new Promise((resolve) => setTimeout(resolve, 1))
  resumed()
  return 1
}

function resumed(): void {
  spin(120)
}

function find(node: CallNode, name: string): readonly CallNode[] {
  const below = [...node.children.values()].flatMap((child) => find(child, name))
  return node.called.name === name ? [node, ...below] : below
}

async function sampled(work: () => unknown): Promise<CallNode> {
  const sampling = await startSampling()
  await work()
  return callTreeOf(await sampling.stop())
}

test('a function is found under its name, with its file from the project on', async () => {
  const tree = await sampled(tail_call)
  const [found] = find(tree, 'tail_call')
  expect(found?.called.file).toBe('core/profiling/sampler.test.ts')
  expect(found?.called.line).toBeGreaterThan(1)
  expect(found === undefined ? [] : find(found, 'spin')).not.toEqual([])
})

test('what follows an await is below the function that awaited', async () => {
  const tree = await sampled(awaiting)
  const found = find(tree, 'awaiting')
  expect(new Set(found.map(({ called }) => keyOf(called))).size).toBe(1)
  expect(found.flatMap((node) => find(node, 'resumed'))).not.toEqual([])
})

test('one profile does not hold what another one saw', async () => {
  await sampled(tail_call)
  const tree = await sampled(() => spin(120))
  expect(find(tree, 'tail_call')).toEqual([])
  expect(totalOf(tree)).toBeGreaterThan(0)
})
