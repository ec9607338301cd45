/** Property tests: requests made from each service's OpenAPI document, right and wrong ones, at real services. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createAccessTokens } from '../core/auth/access-tokens.ts'
import { keyFile } from '../core/auth/key-files.ts'
import { loadSigningKey } from '../core/auth/keys.ts'
import type { Role } from '../core/http/caller.ts'
import { newId, type SessionId, type UserId } from '../core/values/ids.ts'
import type { ServiceName } from '../core/values/service-name.ts'
import { systemClock } from '../core/values/time.ts'
import { requirePrograms } from './programs.ts'
import { pythonTool } from './python/tool.ts'

const root = join(import.meta.dir, '..')
const folder = join(root, 'infra/schemathesis')

const { values } = parseArgs({
  options: {
    cases: { type: 'string' },
    long: { type: 'boolean', default: false },
    seed: { type: 'string', default: '20260101' },
    service: { type: 'string', multiple: true },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) {
  console.log(`Usage: node scripts/run.mjs scripts/properties.ts [options]

  --cases <number>   least cases a service (500; with --long 10000)
  --long             the many cases of a nightly run
  --seed <number>    what is sent; printed at the start (20260101)
  --service <name>   this service alone; may be repeated (all four)`)
  process.exit(0)
}

const wanted = Number(values.cases ?? (values.long ? 10_000 : 500))
const seed = Number(values.seed)
/** The catalog last: its run deletes the products that the others put into carts. */
const inOrder: readonly ServiceName[] = ['cart', 'order', 'user', 'catalog']
const services = inOrder.filter((name) => values.service?.includes(name) ?? true)
if (!Number.isInteger(wanted) || wanted < 1 || !Number.isInteger(seed) || services.length === 0) {
  console.error('--cases and --seed are whole numbers, --service is catalog, cart, order or user.')
  process.exit(2)
}

/** Milliseconds that one service may take before its run counts as failed. */
const limit = values.long ? 30 * 60_000 : 5 * 60_000

interface Outcome {
  readonly cases: number
  /** Those that are wrong on purpose. */
  readonly negative: number
  /** Chains of requests in which one uses what another answered. */
  readonly scenarios: number
  readonly failures: number
  readonly statuses: Readonly<Record<string, number>>
}

type Counted = Pick<Outcome, 'cases' | 'negative' | 'statuses'>

interface Signed {
  readonly admin: string
  readonly user: string
  /** Tokens of sessions that a run may end. */
  readonly spare: readonly string[]
  readonly products: readonly string[]
}

requirePrograms('python3')
const working = mkdtempSync(join(tmpdir(), 'properties-'))
const binary = pythonTool('schemathesis')
const shop = await ownShop()
let failed = false
try {
  const signed = await signIn()
  console.log(`seed ${seed}, at least ${wanted} cases a service\n`)
  const rows: string[] = []
  for (const service of services) {
    const outcome = await testService(service, signed)
    const lacking = lackOf(outcome)
    failed ||= outcome.failures > 0 || lacking !== null
    const numbers = [outcome.cases, outcome.negative, outcome.scenarios, outcome.failures]
    rows.push(`${tableRow(service, numbers)}  ${lacking ?? statusLine(outcome)}`)
  }
  console.log(`\n${tableRow('service', ['cases', 'negative', 'scenarios', 'failures'])}`)
  for (const row of rows) console.log(row)
} finally {
  await shop.stop()
  rmSync(working, { recursive: true, force: true })
}
process.exit(failed ? 1 : 0)

function tableRow(name: string, cells: readonly (string | number)[]): string {
  return name.padEnd(10) + cells.map((cell) => String(cell).padStart(10)).join('')
}

/** What a run without failures did not do, so that it proves nothing. */
function lackOf({ cases, negative, scenarios }: Outcome): string | null {
  if (cases < wanted) return `fewer than ${wanted} cases`
  if (negative === 0) return 'no negative cases'
  return scenarios === 0 ? 'no stateful scenarios' : null
}

/**
 * The admin's part first, then a quarter as the user, then more of the admin's with the next seeds
 * until there are enough: how many cases a document yields is known only afterwards.
 */
async function testService(service: ServiceName, signed: Signed): Promise<Outcome> {
  const end = Date.now() + limit
  const operations = await operationsOf(service)
  const examples = (share: number): number => Math.max(2, Math.ceil((wanted * share) / operations))
  let total = await part(service, signed, signed.admin, { seed, examples: examples(0.5), end })
  total = sum(
    total,
    await part(service, signed, signed.user, { seed: seed + 1, examples: examples(0.15), end }),
  )
  for (let next = seed + 2; total.cases < wanted && Date.now() < end; next++) {
    const left = (wanted - total.cases) / wanted
    const more = await part(service, signed, signed.admin, {
      seed: next,
      examples: examples(left),
      end,
    })
    if (more.cases === 0) break
    total = sum(total, more)
  }
  return total
}

function sum(a: Outcome, b: Outcome): Outcome {
  const statuses: Record<string, number> = { ...a.statuses }
  for (const [status, count] of Object.entries(b.statuses)) {
    statuses[status] = (statuses[status] ?? 0) + count
  }
  return {
    cases: a.cases + b.cases,
    negative: a.negative + b.negative,
    scenarios: a.scenarios + b.scenarios,
    failures: a.failures + b.failures,
    statuses,
  }
}

function statusLine({ statuses }: Outcome): string {
  return Object.entries(statuses)
    .map(([status, count]) => `${status}: ${count}`)
    .join(', ')
}

interface Part {
  readonly seed: number
  /** Examples per operation in each phase. */
  readonly examples: number
  /** Epoch milliseconds at which the part is ended and counts as failed. */
  readonly end: number
}

async function part(
  service: ServiceName,
  signed: Signed,
  token: string,
  { seed: ownSeed, examples, end }: Part,
): Promise<Outcome> {
  const counts = join(working, `${service}-${ownSeed}.json`)
  const report = join(working, `${service}-${ownSeed}.xml`)
  const url = shop.urls[service]
  const child = Bun.spawn(
    [
      binary,
      ...['--config-file', join(folder, 'schemathesis.toml'), 'run', `${url}/openapi.json`],
      ...['--url', url, '--seed', String(ownSeed), '--max-examples', String(examples)],
      ...['--no-color', '--report', 'junit', '--report-junit-path', report],
    ],
    {
      cwd: working,
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: working,
        PYTHONDONTWRITEBYTECODE: '1',
        SCHEMATHESIS_HOOKS: join(folder, 'shop_hooks.py'),
        SHOP_COUNT_FILE: counts,
        SHOP_TOKEN: token,
        SHOP_SEED: String(ownSeed),
        SHOP_PRODUCTS: signed.products.join(','),
        SHOP_SPARE_TOKENS: signed.spare.join(','),
      },
      stdout: 'pipe',
      stderr: 'inherit',
    },
  )
  const timer = setTimeout(() => child.kill('SIGTERM'), Math.max(0, end - Date.now()))
  const [output, exitCode] = await Promise.all([new Response(child.stdout).text(), child.exited])
  clearTimeout(timer)
  if (exitCode !== 0) console.log(output)
  const scenarios = Number(/Scenarios:\s+(\d+)/.exec(output)?.[1] ?? 0)
  const failures = failuresOf(report, exitCode)
  if (!existsSync(counts)) {
    return { cases: 0, negative: 0, scenarios, failures: Math.max(1, failures), statuses: {} }
  }
  // Written by our own hooks.
  const counted = JSON.parse(readFileSync(counts, 'utf8')) as Counted
  return { ...counted, scenarios, failures }
}

/** Failed tests of the report; a run that ended badly without one counts as one failure. */
function failuresOf(report: string, exitCode: number): number {
  const text = existsSync(report) ? readFileSync(report, 'utf8') : ''
  const found = text.match(/<(failure|error)\b/g)?.length ?? 0
  return exitCode === 0 ? found : Math.max(1, found)
}

async function operationsOf(service: ServiceName): Promise<number> {
  // The shape of every OpenAPI document.
  const document = (await getJson(`${shop.urls[service]}/openapi.json`)) as {
    readonly paths: Readonly<Record<string, object>>
  }
  return Object.values(document.paths).flatMap((path) => Object.keys(path)).length
}

/** An admin and a user that the user service knows; their tokens' sessions are in no store and of an epoch beyond all, so no step ends them. */
async function signIn(): Promise<Signed> {
  const key = loadSigningKey(keyFile.access(join(shop.data, 'keys')))
  const tokens = createAccessTokens({ key, clock: systemClock })
  const issue = (user: UserId, role: Role): string =>
    tokens.issue({ user, role, session: newId<SessionId>(), epoch: Number.MAX_SAFE_INTEGER }).token
  const [admin, user] = await Promise.all([idOf('admin', 'admin123'), idOf('testuser', 'test123')])
  const page = (await getJson(
    `${shop.urls.catalog}/products/?category=${encodeURIComponent('Фрукты')}&limit=5`,
  )) as { readonly items: readonly { readonly product_id: string }[] }
  return {
    admin: issue(admin, 'admin'),
    user: issue(user, 'user'),
    spare: Array.from({ length: 200 }, () => issue(newId<UserId>(), 'user')),
    products: page.items.map((item) => item.product_id),
  }
}

async function idOf(username: string, password: string): Promise<UserId> {
  const body = new URLSearchParams({ username, password })
  const { access_token: token } = (await getJson(`${shop.urls.user}/token`, {
    method: 'POST',
    body,
  })) as { readonly access_token: string }
  const me = await getJson(`${shop.urls.user}/users/me`, {
    headers: { authorization: `Bearer ${token}` },
  })
  return (me as { readonly id: UserId }).id
}

async function getJson(url: string, options?: RequestInit): Promise<unknown> {
  const answer = await fetch(url, options)
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}.`)
  return answer.json()
}

interface OwnShop {
  readonly urls: Readonly<Record<ServiceName, string>>
  readonly data: string
  readonly stop: () => Promise<void>
}

/** A whole shop on spare ports, in a fresh folder, ready when this resolves. */
async function ownShop(): Promise<OwnShop> {
  const data = join(working, 'shop')
  mkdirSync(data)
  const first = 20_000 + Math.floor(Math.random() * 10_000)
  const child = Bun.spawn(
    [
      process.execPath,
      join(root, 'scripts/start.ts'),
      ...['--port', String(first + 5), '--services-port', String(first), '--data', data],
    ],
    {
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: working,
        DEMO_PRODUCTS: '400',
        LOG_LEVEL: 'warn',
        // The profiles that cases take are nobody's.
        PROFILES_DIR: join(working, 'profiles'),
        // Orders move where a case moves them, so the same seed meets the same states.
        ORDER_PROCESSING_AFTER_MS: '3600000',
        ORDER_SHIPPING_AFTER_MS: '3600000',
        // Guesses are what this run sends, so the limits on them would hide every other answer.
        LOGIN_FAILURES_PER_ACCOUNT: '1000',
        LOGIN_FAILURES_PER_ADDRESS: '10000',
        LOGIN_FAILURE_WINDOW_MS: '1000',
      },
      stdout: 'inherit',
      stderr: 'inherit',
    },
  )
  const urls = {
    catalog: `http://127.0.0.1:${first}`,
    cart: `http://127.0.0.1:${first + 1}`,
    order: `http://127.0.0.1:${first + 2}`,
    user: `http://127.0.0.1:${first + 3}`,
  }
  const isReady = (url: string): Promise<boolean> =>
    fetch(`${url}/health/ready`).then(
      (answer) => answer.ok,
      () => false,
    )
  while (!(await Promise.all(Object.values(urls).map(isReady))).every(Boolean)) {
    if (child.exitCode !== null) throw new Error('The shop did not start.')
    await Bun.sleep(200)
  }
  return {
    urls,
    data,
    async stop() {
      child.kill('SIGTERM')
      if ((await child.exited) !== 0) throw new Error('The shop did not stop cleanly.')
    },
  }
}
