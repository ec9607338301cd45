/** `npm run stack` as an operator meets it: up, asked, ill and told of it, killed, stopped. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { ports as standardPorts, type PortName } from '../infra/topology.ts'
import { eventually } from './support/ledger.ts'
import { freePorts } from './support/ports.ts'
import { testsNeed } from './support/tools.ts'

setDefaultTimeout(240_000)

const names = Object.keys(standardPorts) as PortName[]
const able = testsNeed(
  'nginx',
  'prometheus',
  'prometheus-alertmanager',
  'prometheus-node-exporter',
  'prometheus-nginx-exporter',
)

/** Milliseconds that a busy machine may take for a start, or for an alert to fire and be told. */
const patience = 120_000

/** As many free ports in a row as the stack needs. */
async function firstOfRow(): Promise<number> {
  for (;;) {
    const [first = 0] = await freePorts(1)
    const row = names.map((_, index) => first + index)
    const free = await Promise.all(row.map(isFree))
    if (free.every(Boolean)) return first
  }
}

function isFree(port: number): boolean {
  try {
    void Bun.listen({ hostname: '127.0.0.1', port, socket: { data() {} } }).stop(true)
    return true
  } catch {
    return false
  }
}

interface Stack {
  readonly child: Bun.Subprocess<'ignore', 'pipe', 'pipe'>
  output(): string
}

describe.skipIf(!able)('npm run stack', async () => {
  if (!able) return
  const directory = mkdtempSync(join(tmpdir(), 'stack-'))
  const data = join(directory, 'data')
  const first = await firstOfRow()
  const portOf = (name: PortName): number => first + names.indexOf(name)
  const messages: string[] = []
  const telegram = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      messages.push(((await request.json()) as { readonly text: string }).text)
      const chat = { id: 1, type: 'private' }
      return Response.json({ ok: true, result: { message_id: 1, date: 1, chat } })
    },
  })
  writeFileSync(join(directory, 'token'), '42:secret\n')

  const run = (...args: readonly string[]): Stack => {
    const child = Bun.spawn(
      [process.execPath, 'scripts/run.mjs', 'scripts/stack.ts', ...args, '--data', data],
      {
        env: {
          PATH: process.env['PATH'] ?? '',
          HOME: process.env['HOME'] ?? directory,
          DEMO_PRODUCTS: '80',
          TELEGRAM_TOKEN_FILE: join(directory, 'token'),
          TELEGRAM_CHAT_ID: '7',
          TELEGRAM_API_URL: `http://127.0.0.1:${telegram.port}`,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    let text = ''
    const read = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
      for await (const chunk of stream) text += new TextDecoder().decode(chunk)
    }
    void read(child.stdout)
    void read(child.stderr)
    return { child, output: () => text }
  }
  const stacks: Stack[] = []
  const up = async (): Promise<Stack> => {
    // Jaeger and Locust are built and installed when first used: too long for a test.
    const stack = run(
      '--ports-from',
      String(first),
      '--scale',
      '0.05',
      '--without',
      'jaeger,locust',
    )
    stacks.push(stack)
    await eventually(
      'the stack is ready',
      () => {
        if (stack.child.exitCode !== null) throw new Error(stack.output())
        return stack.output().includes('Ctrl-C stops it.')
      },
      patience,
    )
    return stack
  }
  afterAll(async () => {
    for (const { child } of stacks) child.kill('SIGTERM')
    await Promise.all(stacks.map(({ child }) => child.exited))
    await telegram.stop(true)
    rmSync(directory, { recursive: true, force: true })
  })
  const command = async (word: string): Promise<{ code: number; output: string }> => {
    const { child, output } = run(word)
    return { code: await child.exited, output: output() }
  }
  const pidOf = (name: string): number =>
    Number(readFileSync(join(data, 'run', `${name}.pid`), 'utf8'))
  const lives = (pid: number): boolean => existsSync(`/proc/${pid}`)
  const processes = () =>
    [
      'catalog',
      'cart',
      'order',
      'user',
      'gateway',
      'shop',
      'nginx',
      'prometheus',
      'alertmanager',
      'nginx-exporter',
      'node-exporter',
    ].map(pidOf)
  const prometheus = async (path: string): Promise<readonly Record<string, never>[]> => {
    const answer = await fetch(`http://127.0.0.1:${portOf('prometheus')}/api/v1/${path}`)
    const { data: found } = (await answer.json()) as { data: { alerts?: []; activeTargets?: [] } }
    return found.alerts ?? found.activeTargets ?? []
  }
  const firing = async (): Promise<readonly string[]> => {
    const alerts = (await prometheus('alerts')) as unknown as readonly {
      readonly state: string
      readonly labels: Readonly<Record<string, string>>
    }[]
    return alerts
      .filter(({ state }) => state === 'firing')
      .map(({ labels }) => `${labels['alertname']} ${labels['job']}`)
  }

  test('is up, tells where everything is, and every address answers', async () => {
    const stack = await up()
    const table = stack.output()
    for (const label of ['Shop', 'nginx', 'Prometheus', 'Alertmanager', 'node exporter']) {
      expect(table).toMatch(new RegExp(`${label} +well +[\\d.]+ s +\\d+ MiB`))
    }
    expect(table).toMatch(/Grafana +not here/)
    expect(table).toMatch(/Jaeger +not here +left out by --without/)
    for (const path of ['/docs/', '/swagger/', '/profiles/', '/api/products/categories/list']) {
      const answer = await fetch(`http://127.0.0.1:${portOf('nginx')}${path}`)
      expect([path, answer.status]).toEqual([path, 200])
    }
    const { code, output } = await command('status')
    expect([code, output]).toEqual([0, expect.stringMatching(/Shop +well/)])
    const second = run('--ports-from', String(first))
    expect(await second.child.exited).toBe(1)
    expect(second.output()).toContain('already runs')
  })
  test('is scraped whole', async () => {
    await eventually('all jobs are up', async () => {
      const targets = (await prometheus('targets')) as unknown as readonly {
        readonly health: string
        readonly labels: { readonly job: string }
      }[]
      const jobs = targets.filter(({ health }) => health === 'up').map(({ labels }) => labels.job)
      const expected = [
        'cart',
        'catalog',
        'gateway',
        'nginx',
        'node',
        'order',
        'prometheus',
        'user',
      ]
      return jobs.sort().join() === expected.join()
    })
    expect(await firing()).toEqual([])
  })
  test('every query of a runbook is one that Prometheus answers', async () => {
    const pages = await Array.fromAsync(new Bun.Glob('docs/runbooks/*.md').scan())
    const commands = pages.flatMap((page) =>
      readFileSync(page, 'utf8')
        .split('\n')
        .filter((line) => line.startsWith('curl -fs') && line.includes(':9090')),
    )
    expect(commands.length).toBeGreaterThan(40)
    for (const command of commands) {
      const own = command.replace('localhost:9090', `127.0.0.1:${portOf('prometheus')}`)
      const { exitCode, stdout } = Bun.spawnSync(['sh', '-c', own])
      expect([command, exitCode, stdout.toString()]).toEqual([
        command,
        0,
        expect.stringContaining('"status":"success"'),
      ])
    }
  })
  test('a service that hangs is told of, alone, and so is its end', async () => {
    process.kill(pidOf('cart'), 'SIGSTOP')
    await eventually(
      'it was told',
      () => messages.some((text) => text.includes('ServiceDown')),
      patience,
    )
    expect((await firing()).filter((alert) => alert.startsWith('ServiceDown'))).toEqual([
      'ServiceDown cart',
    ])
    const [told = ''] = messages
    expect(told).toStartWith('<b>CRITICAL: 1 firing</b>\n\n<b>ServiceDown</b>: cart at 127.0.0.1:')
    expect(told).toContain('/docs/runbooks/service-down">What to do</a>')
    expect((await command('status')).code).toBe(1)
    process.kill(pidOf('cart'), 'SIGCONT')
    await eventually(
      'its end was told',
      () => messages.some((text) => text.startsWith('<b>RESOLVED') && text.includes('ServiceDown')),
      patience,
    )
    expect(messages.filter((text) => text.includes('CRITICAL'))).toHaveLength(1)
    expect(await firing()).toEqual([])
  })
  test('stops whole on request', async () => {
    const pids = processes()
    const { code } = await command('stop')
    expect(code).toBe(0)
    const [stack] = stacks
    expect(await stack?.child.exited).toBe(0)
    expect(stack?.output()).toEndWith('Stopped.\n')
    expect(pids.filter(lives)).toEqual([])
    expect((await command('status')).code).toBe(1)
  })
  test('leaves nothing behind when it is killed, and starts again', async () => {
    await up()
    const pids = processes()
    const { pid } = JSON.parse(readFileSync(join(data, 'run/stack.json'), 'utf8')) as {
      readonly pid: number
    }
    process.kill(pid, 'SIGKILL')
    await eventually('all are gone', () => !pids.some(lives), patience)
    await up()
    expect((await command('stop')).code).toBe(0)
  })
})
