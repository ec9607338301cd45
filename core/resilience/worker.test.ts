/** Workers: never twice at once, alive after an error, and quiet after the stop. */
import { afterEach, describe, expect, test } from 'bun:test'
import { createLogger } from '../logging/logger.ts'
import { every, type Worker } from './worker.ts'

const lines: string[] = []
const destination = { write: (line: string) => void lines.push(line) }
const log = createLogger({ service: 'order', level: 'info', destination })

let workers: Worker[] = []
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stop()))
  workers = []
  lines.length = 0
})

function start(interval: number, task: () => Promise<void>): Worker {
  const worker = every(interval, task, { log, name: 'sweep' })
  workers.push(worker)
  return worker
}

/** A task whose runs the test ends one by one. */
function gated() {
  const runs: { end: () => void }[] = []
  const started: (() => void)[] = []
  return {
    runs,
    task: () =>
      new Promise<void>((resolve) => {
        runs.push({ end: resolve })
        for (const tell of started.splice(0)) tell()
      }),
    nextStart: () => new Promise<void>((resolve) => started.push(resolve)),
  }
}

const never = 3_600_000

describe('a worker', () => {
  test('runs again and again at its interval', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    let runs = 0
    start(1, async () => {
      runs += 1
      if (runs === 3) resolve()
    })
    await promise
    expect(runs).toBe(3)
  })

  test('runs on a kick long before its interval, once for many kicks', async () => {
    const { runs, task, nextStart } = gated()
    const worker = start(never, task)
    const first = nextStart()
    worker.kick()
    worker.kick()
    await first
    runs[0]?.end()
    await new Promise((resolve) => setTimeout(resolve, 0))
    expect(runs).toHaveLength(1)
  })

  test('does not overlap itself; kicks while it runs make one more run', async () => {
    const { runs, task, nextStart } = gated()
    const worker = start(never, task)
    const first = nextStart()
    worker.kick()
    await first
    worker.kick()
    worker.kick()
    // Were the kick to start a run at once, this turn of timers would show it.
    await new Promise((resolve) => setTimeout(resolve, 0))
    expect(runs).toHaveLength(1)
    const second = nextStart()
    runs[0]?.end()
    await second
    expect(runs).toHaveLength(2)
    runs[1]?.end()
  })

  test('goes on after an error, which is logged with its name', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    let runs = 0
    start(1, async () => {
      runs += 1
      if (runs === 2) resolve()
      throw new Error('broken')
    })
    await promise
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      worker: 'sweep',
      err: { message: 'broken' },
    })
  })

  test('waits at its stop for the running task and starts no other', async () => {
    const { runs, task, nextStart } = gated()
    const worker = start(1, task)
    await nextStart()
    let stopped = false
    const stop = worker.stop().then(() => (stopped = true))
    worker.kick()
    await new Promise((resolve) => setTimeout(resolve, 0))
    expect(stopped).toBe(false)
    runs[0]?.end()
    await stop
    worker.kick()
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(runs).toHaveLength(1)
  })

  test.each([0, -1, Number.NaN])('is not built with the interval %p', (interval) => {
    expect(() => start(interval, async () => {})).toThrow('needs an interval above 0 ms')
  })
})
