/** Supervision of one process, and the ports that it needs. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from 'bun:test'
import { portInTheWay } from './ports.ts'
import { backoff, nextWait, supervise, type Supervised } from './processes.ts'

const root = mkdtempSync(join(tmpdir(), 'processes-'))
const running: Supervised[] = []
afterAll(() => {
  for (const each of running) each.kill()
  rmSync(root, { recursive: true })
})

let programs = 0
function start(program: string) {
  const main = `program-${++programs}.ts`
  writeFileSync(join(root, main), program)
  const lines: string[] = []
  const failures: string[] = []
  const deaths: string[] = []
  const supervised = supervise(
    {
      name: 'cart',
      role: 'cart',
      host: '127.0.0.1',
      port: 0,
      metricsPort: null,
      main,
      runtime: 'bun',
      env: { PATH: process.env['PATH'] },
    },
    {
      root,
      runDir: join(root, `run-${programs}`),
      onLine: (line) => lines.push(line),
      onFailedStart: (reason) => failures.push(reason),
      onDeath: (reason, wait) => deaths.push(`${reason}, ${wait}`),
    },
  )
  running.push(supervised)
  return { supervised, lines, failures, deaths, pidFile: join(root, `run-${programs}`, 'cart.pid') }
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const end = performance.now() + 10_000
  while (!condition()) {
    if (performance.now() > end) throw new Error(`Waited in vain until ${what}.`)
    await Bun.sleep(10)
  }
}

const forever = 'console.log("up"); setInterval(() => {}, 1000);'
// Whoever reads `up` may send the signal, so its handler comes first.
const polite = `process.on("SIGINT", () => { console.log("bye"); process.exit(0) }); ${forever}`

describe('a process', () => {
  test('is named by a file while it runs, and stops cleanly', async () => {
    const { supervised, lines, pidFile } = start(polite)
    await until('it is up', () => lines.includes('up'))
    expect(readFileSync(pidFile, 'utf8')).toBe(`${supervised.pid()}\n`)
    expect(await supervised.stop(5_000)).toBe(true)
    expect(lines).toEqual(['up', 'bye'])
    expect([supervised.pid(), existsSync(pidFile)]).toEqual([null, false])
  })

  test('that ignores the signal is ended by force, which is not clean', async () => {
    const { supervised, lines } = start(`process.on("SIGINT", () => {}); ${forever}`)
    await until('it is up', () => lines.includes('up'))
    expect(await supervised.stop(50)).toBe(false)
    expect(supervised.pid()).toBeNull()
  })

  test('that ends by itself while that is wanted is no death, and its stop tells how it ended', async () => {
    for (const [code, clean] of [
      [0, true],
      [3, false],
    ] as const) {
      const { supervised, lines, deaths } = start(
        `process.on("SIGTERM", () => process.exit(${code})); ${forever}`,
      )
      supervised.keepAlive()
      await until('it is up', () => lines.includes('up'))
      supervised.letEnd()
      process.kill(supervised.pid() ?? 0, 'SIGTERM')
      await until('it is gone', () => supervised.pid() === null)
      expect([await supervised.stop(5_000), deaths]).toEqual([clean, []])
    }
  })

  test('that ends before it was ever ready is not started again', async () => {
    const { failures, lines, deaths } = start('console.error("PORT is bad"); process.exit(3)')
    await until('it failed', () => failures.length > 0)
    expect(failures).toEqual(['ended with code 3'])
    expect(lines).toEqual(['PORT is bad'])
    expect(deaths).toEqual([])
  })

  test('that dies later is started again, each time after a longer wait', async () => {
    const { supervised, lines, deaths } = start(polite)
    supervised.keepAlive()
    for (let life = 1; life <= 3; life++) {
      await until('it is up', () => lines.length === life && supervised.pid() !== null)
      process.kill(supervised.pid() ?? 0, 'SIGKILL')
      await until('its death is known', () => deaths.length === life)
    }
    expect(deaths).toEqual([100, 200, 400].map((wait) => `was ended by SIGKILL, ${wait}`))
    await supervised.stop(5_000)
  })

  test('that is stopped while it waits to be started again stays down', async () => {
    const { supervised, lines, deaths } = start(polite)
    supervised.keepAlive()
    await until('it is up', () => lines.length === 1)
    process.kill(supervised.pid() ?? 0, 'SIGKILL')
    await until('its death is known', () => deaths.length === 1)
    expect(await supervised.stop(1_000)).toBe(true)
    await Bun.sleep(backoff.first * 2)
    expect([supervised.pid(), lines]).toEqual([null, ['up']])
  })

  test('lives, dies and comes back without its file, where that cannot be written', async () => {
    const { supervised, lines, deaths, pidFile } = start(polite)
    supervised.keepAlive()
    await until('it is up', () => lines.length === 1)
    rmSync(dirname(pidFile), { recursive: true })
    process.kill(supervised.pid() ?? 0, 'SIGKILL')
    await until('it is up again', () => lines.length === 2 && supervised.pid() !== null)
    expect([deaths.length, existsSync(pidFile)]).toEqual([1, false])
    expect(await supervised.stop(5_000)).toBe(true)
  })

  test('ends also while something that it started holds its output', async () => {
    const { supervised, lines } = start(
      `import { spawn } from "node:child_process"
       const child = spawn("sleep", ["60"], { stdio: "inherit", detached: true })
       console.log(String(child.pid)); ${polite}`,
    )
    await until('it is up', () => lines.includes('up'))
    expect(await supervised.stop(5_000)).toBe(true)
    process.kill(Number(lines[0]), 'SIGKILL')
  })

  test('that is restarted is another one, and no death', async () => {
    const { supervised, lines, deaths } = start(polite)
    supervised.keepAlive()
    await until('it is up', () => lines.length === 1)
    const before = supervised.pid()
    await supervised.restart()
    await until('it is up again', () => lines.length === 3)
    expect(supervised.pid()).not.toBe(before)
    expect([lines, deaths]).toEqual([['up', 'bye', 'up'], []])
    await supervised.stop(5_000)
  })
})

test('the wait doubles up to its limit, and a long life makes up for everything', () => {
  const waits = [100]
  for (let life = 0; life < 6; life++) waits.push(nextWait(waits.at(-1) ?? 0, 10))
  expect(waits).toEqual([100, 200, 400, 800, 1600, 2000, 2000])
  expect(nextWait(2000, backoff.lifeThatForgives)).toBe(100)
})

test('a port in use is named with who needs it and how to move it', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  const wish = { host: '127.0.0.1', port, owner: 'the gateway', option: '--port' }
  const sentence = await portInTheWay([wish])
  expect(sentence).toMatch(
    new RegExp(`^Port ${port} is in use, but the gateway needs it: .*--port\\.$`),
  )
  await new Promise((resolve) => server.close(resolve))
  expect(await portInTheWay([wish])).toBeNull()
  for (const host of ['x86_64-conda-linux-gnu', '192.0.2.1']) {
    const named = await portInTheWay([{ ...wish, host }])
    expect(named).toMatch(/^HOST is "[^\n]+\.$/)
    expect(named).toContain(host)
  }
})
