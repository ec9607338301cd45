/** Start and end of a listening process, with real signals. */
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'bun:test'
import { openConnection, type Connection } from '../http/engine/connection.fixture.ts'
import { Reply } from '../http/reply.ts'
import { createLogger } from '../logging/logger.ts'
import { serve } from './serve.ts'

const fixture = join(import.meta.dir, 'serve.fixture.ts')

interface Child {
  readonly port: number
  kill(signal: NodeJS.Signals): void
  /** Lets the requests at the gate go on. */
  openGate(): void
  /** Resolves when so many requests wait at the gate. */
  waiting(count: number): Promise<void>
  /** The exit code and what was logged, at the end of the process. */
  readonly end: Promise<{ code: number; messages: readonly string[] }>
}

const children: Bun.Subprocess[] = []
const connections: Connection[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  for (const connection of connections.splice(0)) connection.destroy()
})

async function start(env: Readonly<Record<string, string>> = {}): Promise<Child> {
  const started = Promise.withResolvers<number>()
  const counts: { readonly count: number; readonly tell: () => void }[] = []
  let waiting = 0
  const child = Bun.spawn([process.execPath, '--no-orphans', '--no-env-file', fixture], {
    env: { DRAIN_DELAY_MS: '0', SHUTDOWN_GRACE_MS: '20000', ...env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    ipc(message: string | { port: number }) {
      if (typeof message !== 'string') started.resolve(message.port)
      else waiting++
      for (const { count, tell } of counts) if (waiting >= count) tell()
    },
  })
  children.push(child)
  const output = child.stdout.text()
  return {
    port: await started.promise,
    kill: (signal) => child.kill(signal),
    openGate: () => child.send('open'),
    waiting: (count) =>
      new Promise((tell) => {
        counts.push({ count, tell })
        if (waiting >= count) tell()
      }),
    end: child.exited.then(async (code) => {
      const lines = (await output).split('\n').filter((line) => line !== '')
      return { code, messages: lines.map((line) => (JSON.parse(line) as { msg: string }).msg) }
    }),
  }
}

const request = (path: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n`

/** Status of one request on a connection of its own; null when the connection is refused or cut off. */
async function ask(port: number, path: string): Promise<number | null> {
  try {
    const connection = await openConnection(port)
    connections.push(connection)
    connection.write(request(path))
    return (await connection.answer())?.status ?? null
  } catch {
    return null
  }
}

/** Asks until the answer is the wanted one; the test's own time limit ends a wait in vain. */
async function askUntil(port: number, path: string, wanted: number | null): Promise<void> {
  while ((await ask(port, path)) !== wanted) await pause(5)
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))

describe('a termination', () => {
  test('under load: not ready at once, all that was taken in is answered, exit 0', async () => {
    const child = await start({ DRAIN_DELAY_MS: '300' })
    expect(await ask(child.port, '/health/ready')).toBe(200)

    const gated = Array.from({ length: 5 }, () => ask(child.port, '/gate'))
    await child.waiting(5)
    const statuses = new Set<number>()
    const load = Array.from({ length: 4 }, async () => {
      let status = await ask(child.port, '/quick')
      while (status !== null) {
        statuses.add(status)
        status = await ask(child.port, '/quick')
      }
    })

    child.kill('SIGTERM')
    await askUntil(child.port, '/health/ready', 503)
    // Still inside the delay: whoever has not noticed yet is served, and the process lives.
    expect(await ask(child.port, '/quick')).toBe(200)
    expect(await ask(child.port, '/health/live')).toBe(200)

    await Promise.all(load)
    expect([...statuses]).toEqual([200])
    await askUntil(child.port, '/quick', null)
    // Longer than idle connections are left to close by themselves.
    const first = await Promise.race([...gated, pause(250)])
    expect(first).toBeUndefined()
    child.openGate()
    expect(await Promise.all(gated)).toEqual([200, 200, 200, 200, 200])

    const { code, messages } = await child.end
    expect(code).toBe(0)
    expect(messages).toEqual(['draining', 'closing the store', 'stopped'])
  })

  test('of an idle process with open connections needs nobody to close them', async () => {
    const child = await start()
    const silent = await openConnection(child.port)
    const halfway = await openConnection(child.port)
    connections.push(silent, halfway)
    halfway.write('GET / HTTP/1.1\r\nHo')
    child.kill('SIGTERM')
    expect((await child.end).code).toBe(0)
  })

  test('is the same by SIGINT, and a second SIGINT changes nothing', async () => {
    const child = await start()
    const gated = ask(child.port, '/gate')
    await child.waiting(1)
    child.kill('SIGINT')
    await askUntil(child.port, '/quick', null)
    child.kill('SIGINT')
    child.openGate()
    expect(await gated).toBe(200)
    expect((await child.end).code).toBe(0)
  })

  test('that comes twice at once is one, and SIGINT never hurries it', async () => {
    const child = await start()
    const gated = ask(child.port, '/gate')
    await child.waiting(1)
    for (const signal of ['SIGTERM', 'SIGTERM', 'SIGINT'] as const) child.kill(signal)
    await askUntil(child.port, '/quick', null)
    child.kill('SIGTERM')
    child.openGate()
    expect(await gated).toBe(200)
    expect((await child.end).code).toBe(0)
  })

  test('repeated after a while ends the process at once, with what is in flight', async () => {
    const child = await start()
    const gated = ask(child.port, '/gate')
    await child.waiting(1)
    child.kill('SIGTERM')
    await askUntil(child.port, '/quick', null)
    const again = setInterval(() => child.kill('SIGTERM'), 100)
    await child.end
    clearInterval(again)
    const { code, messages } = await child.end
    expect(code).toBe(1)
    expect(messages).toEqual(['draining'])
    expect(await gated).toBeNull()
  })

  test('past its grace period is forced, and says what was left', async () => {
    const child = await start({ SHUTDOWN_GRACE_MS: '100' })
    const gated = ask(child.port, '/gate')
    await child.waiting(1)
    child.kill('SIGTERM')
    const { code, messages } = await child.end
    expect(code).toBe(1)
    expect(messages).toEqual(['draining', 'grace period is over'])
    expect(await gated).toBeNull()
  })

  test('that cannot close the store is told by the exit code', async () => {
    const child = await start({ STOP: 'fails' })
    child.kill('SIGTERM')
    const { code, messages } = await child.end
    expect(code).toBe(1)
    expect(messages).toEqual(['draining', 'closing the store', 'shutdown failed'])
  })
})

describe('a port that is in use', () => {
  test.each([
    ['192.0.2.1', 'HOST is "192.0.2.1", which is no address of this machine.'],
    [
      'no-such-host.invalid',
      'HOST is "no-such-host.invalid", which is no address of this machine.',
    ],
  ])('and a host that is not there, %s, are told apart in one sentence', (host, sentence) => {
    expect(() =>
      serve({
        ...{ host, port: 0, drainDelay: 0, grace: 0 },
        handle: () => new Reply(204, {}, null),
        log: createLogger({ service: 'order', level: 'silent' }),
        onDraining() {},
        inFlight: () => 0,
        stop: async () => {},
      }),
    ).toThrow(sentence)
  })
  test('is told in one sentence, also when another process has it', async () => {
    const { port } = await start()
    const before = process.listenerCount('SIGTERM')
    expect(() =>
      serve({
        host: '127.0.0.1',
        port,
        handle() {
          throw new Error('is never asked')
        },
        log: createLogger({ service: 'order', level: 'silent' }),
        drainDelay: 0,
        grace: 0,
        onDraining() {},
        inFlight: () => 0,
        stop: async () => {},
      }),
    ).toThrow(new Error(`Port ${port} on 127.0.0.1 is in use.`))
    expect(process.listenerCount('SIGTERM')).toBe(before)
  })
})
