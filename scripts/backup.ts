/** `npm run backup -- --to <folder>`: copies the data of a shop, running or not, as it is at one moment. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { takeBackup } from './backup/take.ts'
import { dataFolder, runCommand } from './command.ts'

const usage = `Usage: npm run backup -- --to <folder> [--data <folder>]

  --to <folder>    where the backup goes: a new or empty folder
  --data <folder>  the shop's data (DATA_DIR, or data)

The shop may run. Keys are not part of a backup: keep a copy of them elsewhere.`

function buildVersion(): string {
  const text = readFileSync(join(import.meta.dir, '../package.json'), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

// The last statement, so that everything above is there when it runs.
await runCommand({
  usage,
  read() {
    const { to, data } = parseArgs({
      options: { to: { type: 'string' }, data: { type: 'string' } },
    }).values
    return to ? { to: resolve(to), dataDir: dataFolder(data) } : null
  },
  async run({ to, dataDir }) {
    const manifest = await takeBackup({ dataDir, to, version: buildVersion() })
    const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0)
    console.log(
      `Backed up ${manifest.files.length} databases (${(bytes / 1e6).toFixed(1)} MB) as of ${manifest.taken_at} into ${to}.`,
    )
    console.log(`Writes waited for ${manifest.writes_held_ms} ms at most.`)
  },
})
