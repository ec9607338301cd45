/** `npm run stack` on ports of its own, with a Telegram of our own, for tests. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ports as standardPorts, type PortName } from '../../infra/topology.ts'
import { eventually } from './ledger.ts'
import { freePorts } from './ports.ts'
import { startTelegram, type TestTelegram } from './telegram.ts'

/** What `startTestStack` needs on the machine. */
export const stackPrograms = [
  'nginx',
  'prometheus',
  'prometheus-alertmanager',
  'prometheus-node-exporter',
  'prometheus-nginx-exporter',
] as const

/** Milliseconds that a busy machine may take for a start, or for an alert to fire and be told. */
export const patience = 120_000

export interface StackRun {
  readonly child: Bun.Subprocess<'ignore', 'pipe', 'pipe'>
  /** Both streams so far. */
  output(): string
}

export interface TestStack {
  readonly telegram: TestTelegram
  readonly data: string
  portOf(name: PortName): number
  /** The process id of a part, or of a service. */
  pidOf(name: string): number
  /** Starts it and waits until it is ready, `limit` milliseconds at most. */
  up(limit?: number): Promise<StackRun>
  /** Runs the command with other words, without waiting. */
  run(...args: readonly string[]): StackRun
  /** `status` or `stop`, to its end. */
  ask(word: string): Promise<{ readonly code: number; readonly output: string }>
  /** `ServiceDown cart`, of alerts that fire right now. */
  firing(): Promise<readonly string[]>
  /** The labels of the series that an expression has right now. */
  query(expression: string): Promise<readonly Readonly<Record<string, string>>[]>
  /** The jobs whose last scrape worked. */
  scraped(): Promise<readonly string[]>
  stop(): Promise<void>
}

const names = Object.keys(standardPorts) as PortName[]

/** Without Jaeger and Locust unless told: they are built and installed when first used, too long for a test. */
export async function testStack(
  flags: readonly string[] = ['--without', 'jaeger,locust'],
): Promise<TestStack> {
  const directory = mkdtempSync(join(tmpdir(), 'stack-'))
  const data = join(directory, 'data')
  const first = await firstOfRow()
  const telegram = startTelegram()
  writeFileSync(join(directory, 'token'), '42:secret\n')
  const runs: StackRun[] = []

  function run(...args: readonly string[]): StackRun {
    const child = Bun.spawn(
      [process.execPath, 'scripts/run.mjs', 'scripts/stack.ts', ...args, '--data', data],
      {
        env: {
          PATH: process.env['PATH'] ?? '',
          HOME: process.env['HOME'] ?? directory,
          DEMO_PRODUCTS: '80',
          TELEGRAM_TOKEN_FILE: join(directory, 'token'),
          TELEGRAM_CHAT_ID: '7',
          TELEGRAM_API_URL: telegram.url,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    let text = ''
    const read = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
      const decoder = new TextDecoder()
      for await (const chunk of stream) text += decoder.decode(chunk, { stream: true })
    }
    void read(child.stdout)
    void read(child.stderr)
    const started = { child, output: () => text }
    runs.push(started)
    return started
  }

  const portOf = (name: PortName): number => first + names.indexOf(name)
  async function prometheus<T>(path: string): Promise<T> {
    const answer = await fetch(`http://127.0.0.1:${portOf('prometheus')}/api/v1/${path}`)
    // The shape that Prometheus's API documents.
    return ((await answer.json()) as { readonly data: T }).data
  }

  return {
    telegram,
    data,
    portOf,
    run,
    pidOf: (name) => Number(readFileSync(join(data, 'run', `${name}.pid`), 'utf8')),
    async up(limit = patience) {
      const stack = run('--ports-from', String(first), '--scale', '0.05', ...flags)
      await eventually(
        'the stack is ready',
        () => {
          if (stack.child.exitCode !== null) throw new Error(stack.output())
          return stack.output().includes('Ctrl-C stops it.')
        },
        limit,
      )
      return stack
    },
    async ask(word) {
      const { child, output } = run(word)
      return { code: await child.exited, output: output() }
    },
    async firing() {
      const { alerts } = await prometheus<{
        readonly alerts: readonly {
          readonly state: string
          readonly labels: Readonly<Record<string, string>>
        }[]
      }>('alerts')
      return alerts
        .filter(({ state }) => state === 'firing')
        .map(({ labels }) => `${labels['alertname']} ${labels['job']}`)
    },
    async query(expression) {
      const { result } = await prometheus<{
        readonly result: readonly { readonly metric: Readonly<Record<string, string>> }[]
      }>(`query?${new URLSearchParams({ query: expression }).toString()}`)
      return result.map(({ metric }) => metric)
    },
    async scraped() {
      const { activeTargets } = await prometheus<{
        readonly activeTargets: readonly {
          readonly health: string
          readonly labels: { readonly job: string }
        }[]
      }>('targets')
      return activeTargets
        .filter(({ health }) => health === 'up')
        .map(({ labels }) => labels.job)
        .sort()
    },
    async stop() {
      for (const { child } of runs) child.kill('SIGTERM')
      await Promise.all(runs.map(({ child }) => child.exited))
      await telegram.stop()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** A process that has ended stays in the table until somebody asks how it did. */
export function lives(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** The first of as many free ports in a row as the stack needs. */
async function firstOfRow(): Promise<number> {
  for (;;) {
    const [first = 0] = await freePorts(1)
    if (names.every((_, index) => isFree(first + index))) return first
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
