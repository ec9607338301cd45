/** `npm run docs`: the documentation site in `site/dist`, which the gateway serves at `/docs/`. */
import { relative } from 'node:path'
import { parseArgs } from 'node:util'
import { runCommand } from './command.ts'
import { buildSite, builtSite, isUpToDate } from './docs/site.ts'

const usage = `Usage: npm run docs [-- options]

Builds the documentation site from docs/, unless it is there and new enough. A running shop shows it
at once.

  --force   build it whatever is there
  --quiet   say only what went wrong
  --help    this text`

await runCommand({
  usage,
  read: () =>
    parseArgs({ options: { force: { type: 'boolean' }, quiet: { type: 'boolean' } } }).values,
  async run({ force = false, quiet = false }) {
    const say = (text: string): void => (quiet ? undefined : console.log(text))
    const where = relative(process.cwd(), builtSite)
    if (!force && isUpToDate()) return say(`The site in ${where} is up to date.`)
    await buildSite(quiet ? 'ignore' : 'inherit')
    say(`The site is in ${where}.`)
  },
})
