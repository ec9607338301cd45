/** `npm run profile`: profiles of operations under load, one in each service unless others are named. */
import { relative, join } from 'node:path'
import { parseArgs } from 'node:util'
import { pageOf } from '../core/profiling/folder.ts'
import { shownLoad, type Load } from '../core/profiling/load.ts'
import { profilingPath } from '../core/profiling/routes.ts'
import { runCommand } from './command.ts'
import { behind, signIn, type Addresses, type Caller } from './profile/caller.ts'
import {
  namedOperations,
  operations,
  readStock,
  registerBuyers,
  type Act,
  type ProfiledOperation,
} from './profile/operations.ts'
import { startOwnShop } from './shop/own-shop.ts'

const usage = `Usage: npm run profile [-- options]

Puts load on get_products, add_to_cart, create_order and get_user_profile, one after the other, and
takes a CPU profile of each. They lie in profiles/ and are shown at /profiles/ of a running shop.

  --operation <name>   this one alone, or several; also get_product and list_orders
  --seconds <number>   length of each profile, 1 to 60 (10)
  --clients <number>   requests at once (16)
  --url <address>      a running shop's gateway; without it, a shop of its own
  --port <number>      gateway of the shop of its own (18080); its services listen 80 below
  --admin <name>       who may take profiles (admin); the password is in ADMIN_PASSWORD (admin123)`

interface Options {
  readonly operations: readonly ProfiledOperation[]
  readonly seconds: number
  readonly clients: number
  readonly url: string | undefined
  readonly port: number
  readonly admin: string
}

function readOptions(): Options | null {
  const { values } = parseArgs({
    options: {
      operation: { type: 'string', multiple: true, default: operations.map(nameOf) },
      seconds: { type: 'string', default: '10' },
      clients: { type: 'string', default: '16' },
      url: { type: 'string' },
      port: { type: 'string', default: '18080' },
      admin: { type: 'string', default: 'admin' },
    },
  })
  const seconds = Number(values.seconds)
  const clients = Number(values.clients)
  const port = Number(values.port)
  const names = new Set(values.operation)
  const chosen = namedOperations.filter((each) => names.has(nameOf(each)))
  const allowed =
    chosen.length === names.size &&
    isWhole(seconds, 1, 60) &&
    isWhole(clients, 1, 1_000) &&
    isWhole(port, 1_024, 65_535)
  return allowed
    ? {
        operations: chosen,
        seconds,
        clients,
        port,
        admin: values.admin,
        url: values.url?.replace(/\/+$/, ''),
      }
    : null
}

function nameOf({ operation }: ProfiledOperation): string {
  return operation
}

const isWhole = (value: number, min: number, max: number): boolean =>
  Number.isInteger(value) && value >= min && value <= max

async function run(options: Options): Promise<void> {
  if (options.url !== undefined) return profileAll(behind(options.url), options)
  const { port } = options
  const shop = await startOwnShop({ port, servicesPort: port - 80, output: 'ignore' })
  try {
    await profileAll(shop.services, options)
  } finally {
    await shop.stop()
  }
}

async function profileAll(addresses: Addresses, options: Options): Promise<void> {
  const admin = await signIn(addresses, options.admin, process.env['ADMIN_PASSWORD'] || 'admin123')
  const stock = await readStock(addresses)
  const buyers = await registerBuyers(addresses, options.clients)
  for (const each of options.operations) {
    const acts = buyers.map((buyer) => each.client(stock, buyer))
    const stats = await underLoad(acts, () => profile(admin, each, options.seconds))
    console.log(report(each, stats, options.url))
  }
}

/** Milliseconds that a profile may take to be written. */
const patience = 30_000

/** Seconds before a profile in which caches fill and code is compiled. */
const warmUp = 2

/** Lets each client act without a pause while `work` goes on; throws when an act fails. */
async function underLoad<T>(acts: readonly Act[], work: () => Promise<T>): Promise<T> {
  let over = false
  const clients = acts.map(async (act) => {
    for (let round = 0; !over; round++) await act(round)
  })
  const failed = Promise.all(clients).then(() => new Promise<never>(() => {}))
  try {
    await Promise.race([Bun.sleep(warmUp * 1000), failed])
    return await Promise.race([work(), failed])
  } finally {
    over = true
    await Promise.allSettled(clients)
  }
}

/** What `GET …/stats` answers, as far as it is printed. */
interface Stats {
  readonly profile: {
    readonly file: string
    readonly samples: number
    readonly operation_samples: number
    readonly load: Load | null
  }
  readonly by_self: readonly Top[]
  readonly by_total: readonly Top[]
}

interface Top {
  readonly function: string
  readonly place: string
  readonly share: number
}

async function profile(
  admin: Caller,
  { service, operation }: ProfiledOperation,
  seconds: number,
): Promise<Stats> {
  const base = profilingPath(service)
  const query = new URLSearchParams({ seconds: String(seconds), operation })
  const { file } = (await admin.call(service, 'POST', `${base}/start?${query}`)) as { file: string }
  // The list and not the status: behind a gateway another copy of the service may answer.
  const listed = async () =>
    (await admin.call(service, 'GET', `${base}/profiles`)) as readonly { readonly file: string }[]
  const end = performance.now() + seconds * 1000 + patience
  await Bun.sleep(seconds * 1000)
  while (!(await listed()).some((each) => each.file === file)) {
    if (performance.now() > end) throw new Error(`The ${service} service wrote no profile.`)
    await Bun.sleep(100)
  }
  return (await admin.call(service, 'GET', `${base}/profiles/${file}/stats?limit=5`)) as Stats
}

function report(
  { service, operation }: ProfiledOperation,
  { profile: taken, by_self, by_total }: Stats,
  url: string | undefined,
): string {
  const { load, samples, operation_samples } = taken
  const { rate, p50, p99 } = shownLoad(load)
  const page = `profiles/${service}/${pageOf(taken.file)}`
  const line = ({ share, function: name, place }: Top) =>
    `    ${(share * 100).toFixed(1).padStart(5)} %  ${name}  ${place}`
  return [
    `${operation} (${service}): ${rate}, p50 ${p50}, p99 ${p99}; ${operation_samples} of ${samples} samples`,
    `  ${url === undefined ? placeOnDisk(page) : `${url}/${page}`}`,
    '  most time in itself',
    ...by_self.map(line),
    '  most time with what it calls',
    ...by_total.map(line),
    '',
  ].join('\n')
}

const placeOnDisk = (page: string): string => {
  const folder = process.env['PROFILES_DIR'] || join(import.meta.dir, '../profiles')
  return relative(process.cwd(), join(folder, page.slice('profiles/'.length)))
}

await runCommand({ usage, read: readOptions, run })
