/** Which shell blocks of the pages are run as they stand, and who else runs the others. */
import type { Block } from './pages.ts'

/** What a block may need that a test does not have; the comment before it is `<!-- needs: docker -->`. */
export const needs: Readonly<Record<string, string>> = {
  stack: 'the whole stack, until somebody ends it; tests/observability/incidents.test.ts runs it',
  docker: 'a Docker daemon, which starts some 15 containers',
  telegram: 'a bot and its token',
  systemd: 'a machine of its own, whose users and units it changes',
  python: 'an environment of Python packages from PyPI; CI runs the same script',
  hours: 'a machine for itself and a quarter of an hour',
  amtool: 'an alert that somebody is at work on',
}

/** Commands that a suite of their own runs, with more care than a block could. */
export const suites: readonly {
  readonly command: RegExp
  /** The suite, and a text in it that shows that it runs this. */
  readonly file: string
  readonly shows: string
}[] = [
  { command: /npm (start|run dev)\b/, file: 'tests/launcher.test.ts', shows: 'scripts/start.ts' },
  { command: /npm test\b/, file: '.ci/run', shows: 'npm test' },
  { command: /npm run check\b/, file: '.ci/run', shows: 'npm run check' },
  { command: /npm run audit\b/, file: '.ci/run', shows: 'npm run audit' },
  { command: /npm run stack\b/, file: 'tests/stack.test.ts', shows: 'stack.up()' },
  { command: /npm run keys\b/, file: 'tests/key-change.test.ts', shows: "'keys'" },
  { command: /npm run admin\b/, file: 'tests/operations.test.ts', shows: "'admin'" },
  { command: /npm run backup\b/, file: 'tests/operations.test.ts', shows: "'backup'" },
  { command: /npm run restore\b/, file: 'tests/operations.test.ts', shows: "'restore'" },
  { command: /npm run docs\b/, file: 'tests/docs/site.test.ts', shows: "'docs'" },
  { command: /npm run infra\b/, file: 'tests/infra.test.ts', shows: 'committedFiles' },
  {
    command: /npm run profile\b/,
    file: 'tests/profile-command.test.ts',
    shows: 'scripts/profile.ts',
  },
  { command: /npm run cassandra\b/, file: 'scripts/testing/node.ts', shows: 'cassandra' },
  { command: /scripts\/properties\.ts/, file: '.ci/run', shows: 'scripts/properties.ts' },
  { command: /npm run locust\b/, file: '.ci/run', shows: 'npm run locust' },
  { command: /localhost:(9090|9093)\b/, file: 'tests/stack.test.ts', shows: 'portOf(' },
  { command: /http:\/\/localhost\//, file: 'tests/stack.test.ts', shows: "portOf('nginx')" },
  { command: /data\/logs\/(nginx|alertmanager)\.log/, file: 'tests/stack.test.ts', shows: 'nginx' },
  { command: /^kill .*\/run\//, file: 'tests/launcher.test.ts', shows: '.kill(' },
]

export type Fate =
  /** By the test of the commands, as it stands. */
  | { readonly kind: 'run' }
  | { readonly kind: 'needs'; readonly what: string }
  /** Every command of it is run by a suite of its own. */
  | { readonly kind: 'elsewhere' }

export const isShell = ({ language }: Block): boolean =>
  ['sh', 'bash', 'shell', 'console'].includes(language)

/** What becomes of a shell block; a mark that nobody knows throws. */
export function fateOf({ text, mark }: Block): Fate {
  const [, what] = /^needs: (.+)$/.exec(mark ?? '') ?? []
  if (what !== undefined) {
    if (!Object.hasOwn(needs, what)) throw new Error(`Nobody knows what "needs: ${what}" means.`)
    return { kind: 'needs', what }
  }
  const commands = commandsOf(text)
  const all = commands.every((line) => suites.some(({ command }) => command.test(line)))
  return commands.length > 0 && all ? { kind: 'elsewhere' } : { kind: 'run' }
}

/** Lines that begin a command: no comments, no continuations. */
function commandsOf(text: string): readonly string[] {
  const whole = text.replace(/\\\n/g, ' ').split('\n')
  return whole.filter((line) => /^[^\s#)]/.test(line))
}
