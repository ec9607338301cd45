/** Programs that a machine may lack: found by one function, or named in one sentence. */

/** A user's PATH often lacks the folders of servers, which lie next to those of the other programs. */
const searched = [
  process.env['PATH'] ?? '',
  ...(process.env['PATH'] ?? '')
    .split(':')
    .filter((folder) => folder.endsWith('/bin'))
    .map((folder) => folder.replace(/bin$/, 'sbin')),
].join(':')

/** The path of a program; null where there is none. */
export const which = (name: string): string | null => Bun.which(name, { PATH: searched })

/** Debian's packages, where they are not called like the program. */
const packages: Readonly<Record<string, string>> = {
  go: 'golang',
  java: 'openjdk-17-jre-headless',
  mvn: 'maven',
  nginx: 'nginx-light',
  promtool: 'prometheus',
  // Without it `python3 -m venv` has no pip.
  python3: 'python3-venv',
}

export const packageOf = (program: string): string => packages[program] ?? program

export const lacking = (programs: readonly string[]): readonly string[] =>
  programs.filter((name) => which(name) === null)

/** `curl and git are not installed; on Debian, as root: apt-get install curl git.`; null when all are there. */
export function missingPrograms(...programs: readonly string[]): string | null {
  const missing = lacking(programs)
  if (missing.length === 0) return null
  const names = missing.join(', ').replace(/, ([^,]+)$/, ' and $1')
  const are = missing.length === 1 ? 'is' : 'are'
  const wanted = [...new Set(missing.map(packageOf))].join(' ')
  return `${names} ${are} not installed; on Debian, as root: apt-get install ${wanted}.`
}

/** Ends the command with that sentence unless all are there. */
export function requirePrograms(...programs: readonly string[]): void {
  const missing = missingPrograms(...programs)
  if (missing === null) return
  console.error(missing)
  process.exit(1)
}

/** What git says of this project, without white space around it; empty where there is no git. */
export function git(folder: string, ...words: readonly string[]): string {
  const path = which('git')
  if (path === null) return ''
  return Bun.spawnSync([path, '-C', folder, ...words], { stderr: 'ignore' })
    .stdout.toString()
    .trim()
}
