/** `npm run restore -- --from <folder>`: puts a backup in the place of the data of a stopped shop. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { systemClock } from '../core/values/time.ts'
import { putBack } from './backup/put-back.ts'
import { dataFolder, runCommand } from './command.ts'

const usage = `Usage: npm run restore -- --from <folder> [--data <folder>]

  --from <folder>  a folder that npm run backup has made
  --data <folder>  the shop's data (DATA_DIR, or data)

The shop must be stopped. What was there is kept beside.`

// The last statement, so that everything above is there when it runs.
await runCommand({
  usage,
  read() {
    const { from, data } = parseArgs({
      options: { from: { type: 'string' }, data: { type: 'string' } },
    }).values
    return from ? { from: resolve(from), dataDir: dataFolder(data) } : null
  },
  run({ from, dataDir }) {
    const { manifest, aside } = putBack({ from, dataDir, clock: systemClock })
    console.log(`Restored the data of ${manifest.taken_at} into ${dataDir}.`)
    if (aside !== null) console.log(`What was there is in ${aside}.`)
    const keys = process.env['KEYS_DIR'] || join(dataDir, 'keys')
    if (!existsSync(keys)) console.log(`There are no keys in ${keys}: put them back as well.`)
  },
})
