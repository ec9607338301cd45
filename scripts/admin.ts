/** `npm run admin -- --username <name>`: makes an admin on the server, as no request over HTTP can. */
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { commonSettings } from '../core/config/common.ts'
import { loadConfig } from '../core/config/config.ts'
import { systemClock } from '../core/values/time.ts'
import { openUserStore } from '../services/user/open-store.ts'
import { createAdmins, type Admins } from './admin/admins.ts'
import { askPassword } from './admin/ask-password.ts'
import { databaseFile } from './backup/databases.ts'
import { dataFolder, runCommand } from './command.ts'
import { environmentOf, storeBeside } from './store-beside.ts'

const usage = `Usage: npm run admin -- --username <name> [options]

  --username <name>   of the new admin
  --full-name <name>  what the admin is called (the username)
  --promote           make a user who is there already an admin; needs no password
  --store <store>     sqlite or cassandra (STORE, or sqlite)
  --data <folder>     the shop's data on SQLite (DATA_DIR, or data)

The password is asked for on a terminal, or read from a pipe. The shop may run. A cluster is found by
the settings CASSANDRA_...; see .env.example.`

interface Options {
  readonly username: string
  readonly fullName: string
  readonly promote: boolean
  readonly store: string | undefined
  readonly data: string
}

function readOptions(): Options | null {
  const { values } = parseArgs({
    options: {
      username: { type: 'string' },
      'full-name': { type: 'string' },
      promote: { type: 'boolean', default: false },
      store: { type: 'string' },
      data: { type: 'string' },
    },
  })
  const { username, promote, store } = values
  if (username === undefined) return null
  const fullName = values['full-name'] ?? username
  return { username, promote, fullName, store, data: dataFolder(values.data) }
}

async function run(options: Options): Promise<string> {
  const { username, promote, fullName, store: wanted, data } = options
  const config = loadConfig(commonSettings, environmentOf(data, wanted))
  const path = databaseFile(data, 'user')
  if (config.STORE === 'sqlite' && !existsSync(path)) {
    throw new Error(
      `There is no database ${path} yet: start the shop once, or name its folder with --data.`,
    )
  }
  // Asked for first, so that no database is open while a person types.
  const password = promote
    ? ''
    : await askPassword({ input: process.stdin, output: process.stderr })
  const store = await openUserStore(storeBeside('user', config, data), systemClock)
  const admins = createAdmins(store, config.PROFILE)
  try {
    if (promote) return await promoted(admins, username)
    if (await admins.create({ username, password, fullName, phone: null })) {
      return `The admin "${username}" can sign in now.`
    }
    throw new Error(
      `The username "${username}" is taken: choose another, or make that user an admin with --promote.`,
    )
  } finally {
    await admins.close()
  }
}

async function promoted(admins: Admins, username: string): Promise<string> {
  const outcome = await admins.promote(username)
  if (outcome === 'unknown') {
    throw new Error(`There is no user "${username}": leave out --promote to create one.`)
  }
  return outcome === 'promoted'
    ? `The user "${username}" is an admin now. The sessions of before have ended: sign in again.`
    : `The user "${username}" is an admin already.`
}

// The last statement, so that everything above is there when it runs.
await runCommand({
  usage,
  read: readOptions,
  async run(options) {
    console.log(await run(options))
  },
})
// A driver that was closed while it lost its node keeps a socket, and would keep this process for ever.
process.exit()
