/** A shop of real processes for a benchmark: each process on its core, a folder of its own, its keys at hand. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAccessTokens } from '../../core/auth/access-tokens.ts'
import { ensureKeys, keyFile } from '../../core/auth/key-files.ts'
import { loadSigningKey } from '../../core/auth/keys.ts'
import { newId, type SessionId, type UserId } from '../../core/values/ids.ts'
import { serviceNames, type ServiceName } from '../../core/values/service-name.ts'
import { systemClock } from '../../core/values/time.ts'
import { planShop } from '../../scripts/shop/plan.ts'
import { commandOf, type Runtime } from '../../scripts/shop/runtime.ts'
import { root, start, untilReady, type Place, type Started } from './processes.ts'

export type ProcessName = ServiceName | 'gateway'

export interface BenchShop {
  readonly urls: Readonly<Record<ProcessName, string>>
  readonly processes: Readonly<Record<ProcessName, Started>>
  readonly directory: string
  /** Signs a user in without the password hash: a token of the shop's own key. */
  token(user?: UserId, role?: 'user' | 'admin'): string
  /** Restarts one service on its data; milliseconds from the start to "ready". */
  restart(name: ServiceName): Promise<number>
  stop(): Promise<void>
}

/** Orders stand still while something else is measured. */
const slowTimers = {
  ORDER_PROCESSING_AFTER_MS: '3600000',
  ORDER_RETENTION_MS: '3600000',
}

export interface ShopKind {
  readonly runtime?: Runtime
  /** Where a cluster is, `env` tells. */
  readonly store?: 'sqlite' | 'cassandra'
}

/** With the full catalog and everything on, as `npm start` would; `firstPort` is the gateway's. */
export async function startShop(
  firstPort: number,
  place: Place,
  env: Readonly<Record<string, string>> = {},
  { runtime = 'bun', store = 'sqlite' }: ShopKind = {},
): Promise<BenchShop> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-shop-'))
  const keysDir = join(directory, 'keys')
  ensureKeys({ dir: keysDir, demo: true })
  const plans = planShop(
    {
      port: firstPort,
      servicesPort: firstPort + 1,
      dataDir: directory,
      profile: 'demo',
      store,
      copies: 1,
      runtime,
      fast: false,
      watch: false,
      docs: false,
    },
    { LOG_LEVEL: 'info', ...slowTimers, ...env },
  )
  const url = ({ port }: { readonly port: number }) => `http://127.0.0.1:${port}`
  const launch = (plan: (typeof plans)[number]): Started =>
    start({
      command: commandOf(runtime, join(root, plan.main)),
      place,
      env: plan.env,
      logFile: join(directory, 'logs', `${plan.name}.log`),
    })
  const processes = Object.fromEntries(plans.map((plan) => [plan.name, launch(plan)]))
  const urls = Object.fromEntries(plans.map((plan) => [plan.name, url(plan)]))
  const access = createAccessTokens({
    key: loadSigningKey(keyFile.access(keysDir)),
    clock: systemClock,
  })

  async function stop(): Promise<void> {
    await Promise.all(Object.values(processes).map((each) => each.stop()))
    rmSync(directory, { recursive: true, force: true })
  }
  try {
    for (const name of [...serviceNames, 'gateway'] as const) {
      await untilReady(`${urls[name]}/health/ready`, processes[name] as Started)
    }
  } catch (error) {
    await stop().catch(() => {})
    throw error
  }
  return {
    // The plan has all of them.
    urls: urls as BenchShop['urls'],
    processes: processes as BenchShop['processes'],
    directory,
    token: (user = newId(), role = 'user') =>
      access.issue({ user, role, session: newId<SessionId>() }).token,
    async restart(name) {
      await processes[name]?.stop()
      const plan = plans.find((each) => each.name === name) as (typeof plans)[number]
      processes[name] = launch(plan)
      return untilReady(`${urls[name]}/health/ready`, processes[name])
    },
    stop,
  }
}

/** Calls the shop; throws when the answer is not a good one. */
export async function call<T>(
  method: string,
  url: string,
  token?: string,
  json?: unknown,
): Promise<T> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(json !== undefined && { 'content-type': 'application/json' }),
    },
    ...(json !== undefined && { body: JSON.stringify(json) }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${text}`)
  return JSON.parse(text) as T
}

/** Does something for each, some at a time. */
export async function forEach<T>(
  list: readonly T[],
  task: (item: T, at: number) => Promise<unknown>,
  together = 32,
): Promise<void> {
  let next = 0
  await Promise.all(
    Array.from({ length: together }, async () => {
      while (next < list.length) {
        const at = next++
        await task(list[at] as T, at)
      }
    }),
  )
}
