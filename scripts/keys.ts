/** `npm run keys`: makes the keys that are missing, puts new ones in the place of old ones, clears old ones away. */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ensureKeys, folderWarning, keyFile, publicKeyOf } from '../core/auth/key-files.ts'
import { pruneKeys, rotateKeys, type PruneResult } from '../core/auth/key-rotation.ts'
import { demoPrefix } from '../core/auth/keys.ts'
import { millis, systemClock, toRfc3339, type Millis } from '../core/values/time.ts'
import { dataFolder, runCommand } from './command.ts'
import { lastSigner } from './keys/last-signer.ts'
import { pause } from '../core/resilience/pause.ts'

const usage = `Usage: npm run keys -- [what] [options]

  (nothing)        make the keys that are missing, change none
  --rotate         a new key for access tokens; tokens of the old one stay good
    --services     new keys for the services as well
    --revoke       tokens of the old ones are refused: for keys that leaked
  --prune          remove old public keys whose tokens have all expired
    --restarted T  all processes have been restarted since the rotation, the last one by T,
                   such as 2026-11-26T12:00:00Z; needed with STORE=cassandra

  --data <folder>  the shop's data (DATA_DIR, or data)
  --dir <folder>   the keys (KEYS_DIR, or the folder keys in the data)
  --demo           keys of the demo profile, which production refuses`

interface Options {
  readonly dir: string
  readonly data: string
  readonly demo: boolean
  readonly rotate: boolean
  readonly services: boolean
  readonly revoke: boolean
  readonly prune: boolean
  /** When the last process had been restarted, as the operator says; null to look for it. */
  readonly restarted: Millis | null
}

function readOptions(): Options | null {
  const flag = { type: 'boolean', default: false } as const
  const { values } = parseArgs({
    options: {
      dir: { type: 'string' },
      restarted: { type: 'string' },
      data: { type: 'string' },
      ...{ demo: flag, rotate: flag, services: flag, revoke: flag, prune: flag },
    },
  })
  const data = dataFolder(values.data)
  const dir = values.dir || process.env['KEYS_DIR'] || join(data, 'keys')
  if (values.rotate && values.prune) return null
  if ((values.services || values.revoke) && !values.rotate) return null
  if (values.restarted !== undefined && !values.prune) return null
  const restarted = values.restarted === undefined ? null : pastMoment(values.restarted)
  return { ...values, data, dir, restarted }
}

/** @throws Error in one sentence for what is no moment, or not over yet */
function pastMoment(text: string): Millis {
  // Without its zone a time means something else on the next machine.
  const at = /(Z|[+-]\d\d:\d\d)$/.test(text) ? millis(Date.parse(text)) : millis(NaN)
  if (Number.isNaN(at))
    throw new Error(`--restarted ${text} is no time such as 2026-11-26T12:00:00Z.`)
  if (at > systemClock.now()) throw new Error(`--restarted ${text} is in the future.`)
  return at
}

function make({ dir, demo }: Options): void {
  const made = ensureKeys({ dir, demo })
  console.log(
    made.length === 0
      ? `All keys were there already in ${dir}.`
      : `Made ${made.length} keys in ${dir}.`,
  )
  const isDemo = publicKeyOf(keyFile.access(dir)).kid.startsWith(demoPrefix)
  if (isDemo && !demo) console.log('They are demo keys, which PROFILE=production refuses.')
  const warning = folderWarning(dir)
  if (warning !== null) console.log(warning)
}

async function rotate(options: Options): Promise<void> {
  const made = await rotateKeys({ ...options, clock: systemClock, pause: waitOpenly })
  for (const kid of made) console.log(`Made ${kid}`)
  const who =
    options.services || options.revoke
      ? 'every service, the user service first'
      : 'the user service'
  console.log(`Restart ${who}: until then the old keys sign.`)
  console.log(
    options.revoke
      ? 'The old keys are believed until then as well.'
      : 'Some day run --prune, which removes old public keys that nobody needs.',
  )
}

const waitOpenly = async (milliseconds: number): Promise<void> => {
  console.log(`Published; waiting ${milliseconds / 1_000} s before anything can be signed ...`)
  await pause(milliseconds)
}

async function prune({ dir, data, restarted }: Options): Promise<void> {
  if (restarted === null && process.env['STORE'] === 'cassandra') {
    throw new Error(
      'On Cassandra nobody can see from here which processes run: once all have been restarted, say with --restarted when the last one was.',
    )
  }
  const signer =
    restarted === null ? lastSigner(data) : () => ({ running: true, since: restarted }) as const
  const results = await pruneKeys({ dir, clock: systemClock, lastSigner: signer })
  if (results.length === 0) console.log('There are no old keys.')
  for (const result of results) console.log(sentence(result))
}

function sentence(result: PruneResult): string {
  if (result.kind === 'removed') return `Removed ${result.kid}`
  if (result.kind === 'kept') {
    return `Kept ${result.kid}: its tokens can be good until ${toRfc3339(result.until)}.`
  }
  const service = result.owner === 'access' ? 'user' : result.owner
  return `Kept ${result.kid}: the ${service} service signs with it until it is restarted.`
}

// The last statement, so that everything above is there when it runs.
await runCommand({
  usage,
  read: readOptions,
  run: (options) => (options.rotate ? rotate : options.prune ? prune : make)(options),
})
