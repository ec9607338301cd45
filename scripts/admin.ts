/** `npm run admin -- --username <name>`: makes an admin on the server, as no request over HTTP can, and takes users their rights. */
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { commonSettings } from '../core/config/common.ts'
import { loadConfig } from '../core/config/config.ts'
import { systemClock } from '../core/values/time.ts'
import { openUserStore } from '../services/user/open-store.ts'
import { createAdmins, userChanges, type Admins, type UserChange } from './admin/admins.ts'
import { askPassword } from './admin/ask-password.ts'
import { databaseFile } from './backup/databases.ts'
import { dataFolder, runCommand } from './command.ts'
import { environmentOf, storeBeside } from './store-beside.ts'

const usage = `Usage: npm run admin -- --username <name> [what] [options]

  (nothing)           make a new admin of that name
    --full-name <name>  what the admin is called (the username)
  --promote           make a user who is there already an admin
  --demote            make an admin an ordinary user
  --disable           refuse the user's log-ins from now on
  --enable            allow them again
    --force           with --demote or --disable: also the last admin

  --store <store>     sqlite or cassandra (STORE, or sqlite)
  --data <folder>     the shop's data on SQLite (DATA_DIR, or data)

All but --enable end the user's sessions within a second. The password of a new admin is asked for on a
terminal, or read from a pipe. The shop may run. A cluster is found by
the settings CASSANDRA_...; see .env.example.`

interface Options {
  readonly username: string
  readonly fullName: string
  /** Null to make a new admin. */
  readonly change: UserChange | null
  readonly force: boolean
  readonly store: string | undefined
  readonly data: string
}

function readOptions(): Options | null {
  const flag = { type: 'boolean', default: false } as const
  const { values } = parseArgs({
    options: {
      username: { type: 'string' },
      'full-name': { type: 'string' },
      ...{ promote: flag, demote: flag, disable: flag, enable: flag, force: flag },
      store: { type: 'string' },
      data: { type: 'string' },
    },
  })
  const { username, store, force } = values
  const changes = userChanges.filter((each) => values[each])
  const change = changes[0] ?? null
  if (username === undefined || changes.length > 1) return null
  if (force && change !== 'demote' && change !== 'disable') return null
  const fullName = values['full-name'] ?? username
  return { username, change, force, fullName, store, data: dataFolder(values.data) }
}

async function run(options: Options): Promise<string> {
  const { username, change, force, fullName, store: wanted, data } = options
  const config = loadConfig(commonSettings, environmentOf(data, wanted))
  const path = databaseFile(data, 'user')
  if (config.STORE === 'sqlite' && !existsSync(path)) {
    throw new Error(
      `There is no database ${path} yet: start the shop once, or name its folder with --data.`,
    )
  }
  // Asked for first, so that no database is open while a person types.
  const password =
    change === null ? await askPassword({ input: process.stdin, output: process.stderr }) : ''
  const store = await openUserStore(storeBeside('user', config, data), systemClock)
  const admins = createAdmins(store, config.PROFILE)
  try {
    if (change !== null) return await changed(admins, username, change, force)
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

/** What is said of a user when it is done, and when it was so before. */
const sentences = {
  promote: [
    'is an admin now. The sessions of before have ended: sign in again.',
    'is an admin already.',
  ],
  demote: [
    'is no admin any more. All sessions have ended.',
    'is no admin. All sessions have ended.',
  ],
  disable: [
    'cannot sign in any more. All sessions have ended.',
    'is disabled already. All sessions have ended.',
  ],
  enable: ['can sign in again.', 'is not disabled.'],
} as const satisfies Record<UserChange, readonly [string, string]>

async function changed(
  admins: Admins,
  username: string,
  change: UserChange,
  force: boolean,
): Promise<string> {
  const outcome = await admins.change(username, change, { force })
  if (outcome === 'unknown user') {
    const hint = change === 'promote' ? ': leave out --promote to create one.' : '.'
    throw new Error(`There is no user "${username}"${hint}`)
  }
  if (outcome === 'last admin') {
    throw new Error(
      `"${username}" is the last admin who can sign in: make another one first, or add --force.`,
    )
  }
  return `The user "${username}" ${sentences[change][outcome === 'done' ? 0 : 1]}`
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
