/** `npm run keys`: makes the keys that are missing, puts new ones in the place of old ones, clears old ones away. */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ensureKeys, keyFile, publicKeyOf } from '../core/auth/key-files.ts'
import { pruneKeys, rotateKeys, type PruneResult } from '../core/auth/key-rotation.ts'
import { demoPrefix } from '../core/auth/keys.ts'
import { systemClock, toRfc3339 } from '../core/values/time.ts'
import { dataFolder, runCommand } from './command.ts'
import { lastSigner } from './keys/last-signer.ts'

const usage = `Usage: npm run keys -- [what] [options]

  (nothing)        make the keys that are missing, change none
  --rotate         a new key for access tokens; tokens of the old one stay good
    --services     new keys for the services as well
    --revoke       tokens of the old ones are refused: for keys that leaked
  --prune          remove old public keys whose tokens have all expired

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
}

function readOptions(): Options | null {
  const flag = { type: 'boolean', default: false } as const
  const { values } = parseArgs({
    options: {
      dir: { type: 'string' },
      data: { type: 'string' },
      ...{ demo: flag, rotate: flag, services: flag, revoke: flag, prune: flag },
    },
  })
  const data = dataFolder(values.data)
  const dir = values.dir || process.env['KEYS_DIR'] || join(data, 'keys')
  if (values.rotate && values.prune) return null
  if ((values.services || values.revoke) && !values.rotate) return null
  return { ...values, data, dir }
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
  await new Promise((resolve) => setTimeout(resolve, milliseconds))
}

async function prune({ dir, data }: Options): Promise<void> {
  const results = await pruneKeys({ dir, clock: systemClock, lastSigner: lastSigner(data) })
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
