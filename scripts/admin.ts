/** `npm run admin -- --username <name>`: makes an admin on the server, as no request over HTTP can. */
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { commonSettings } from '../core/config/common.ts'
import { loadConfig } from '../core/config/config.ts'
import { openAdmins, type Admins } from './admin/admins.ts'
import { askPassword } from './admin/ask-password.ts'
import { databaseFile } from './backup/databases.ts'
import { dataFolder, runCommand } from './command.ts'

const usage = `Usage: npm run admin -- --username <name> [options]

  --username <name>   of the new admin
  --full-name <name>  what the admin is called (the username)
  --promote           make a user who is there already an admin; needs no password
  --data <folder>     the shop's data (DATA_DIR, or data)

The password is asked for on a terminal, or read from a pipe. The shop may run.`

interface Options {
  readonly username: string
  readonly fullName: string
  readonly promote: boolean
  readonly data: string
}

function readOptions(): Options | null {
  const { values } = parseArgs({
    options: {
      username: { type: 'string' },
      'full-name': { type: 'string' },
      promote: { type: 'boolean', default: false },
      data: { type: 'string' },
    },
  })
  const { username, promote } = values
  if (username === undefined) return null
  const fullName = values['full-name'] ?? username
  return { username, promote, fullName, data: dataFolder(values.data) }
}

async function run(options: Options): Promise<string> {
  const { username, promote, fullName } = options
  const { PROFILE: profile } = loadConfig({ PROFILE: commonSettings.PROFILE }, process.env)
  const path = databaseFile(options.data, 'user')
  if (!existsSync(path)) {
    throw new Error(
      `There is no database ${path} yet: start the shop once, or name its folder with --data.`,
    )
  }
  // Asked for first, so that no database is open while a person types.
  const password = promote
    ? ''
    : await askPassword({ input: process.stdin, output: process.stderr })
  const admins = openAdmins({ path, profile })
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
