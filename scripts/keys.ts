/** Makes the keys of the services where they are missing: `npm run keys -- --dir data/keys [--demo]`. */
import { parseArgs } from 'node:util'
import { ensureKeys } from '../core/auth/key-files.ts'

const usage = 'Usage: npm run keys -- --dir <folder> [--demo]'

function main(): number {
  let options
  try {
    options = parseArgs({
      options: {
        dir: { type: 'string', default: 'data/keys' },
        demo: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    console.error(`${(error as Error).message}\n${usage}`)
    return 2
  }
  try {
    const made = ensureKeys(options)
    console.log(
      made.length === 0
        ? `All keys were there already in ${options.dir}.`
        : `Made ${made.length} keys in ${options.dir}.`,
    )
    return 0
  } catch (error) {
    console.error((error as Error).message)
    return 1
  }
}

process.exitCode = main()
