/** The jars of a Cassandra node: from Maven Central, once, into a folder that the repository ignores. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { which } from '../programs.ts'

const root = join(import.meta.dir, '../..')
export const templates = join(root, 'infra/cassandra')

/** Why a node cannot be started here, in one sentence; null when it can. */
export function missingTools(): string | null {
  const missing = [
    ...(javaMajor() === null ? ['Java 17 (`java`)'] : []),
    ...(which('mvn') === null && !installed() ? ['Maven (`mvn`)'] : []),
  ]
  if (missing.length > 0) {
    return `Cassandra needs ${missing.join(' and ')}, which this machine lacks; on Debian: apt-get install openjdk-17-jre-headless maven.`
  }
  const major = javaMajor()
  return major === 17 || major === 11
    ? null
    : `Cassandra 5.0 runs on Java 17 or 11, and \`java\` is version ${major}; put a JDK 17 first on PATH.`
}

let knownMajor: number | null | undefined

/** The major version of `java`; null when there is none. */
function javaMajor(): number | null {
  if (knownMajor !== undefined) return knownMajor
  const java = which('java')
  if (java === null) return (knownMajor = null)
  const { stderr } = Bun.spawnSync([java, '-version'], { stdout: 'ignore' })
  const found = /version "(\d+)/.exec(stderr.toString())?.[1]
  return (knownMajor = found === undefined ? null : Number(found))
}

export interface Jars {
  /** Folder of the class path. */
  readonly lib: string
  readonly jamm: string
  readonly exporter: string
}

const folder = join(root, 'data/cassandra/lib')
const stamp = join(folder, 'pom.xml')
const pom = join(templates, 'pom.xml')

/** The folder is complete, and from the pom of today. */
const installed = (): boolean =>
  existsSync(stamp) && readFileSync(stamp, 'utf8') === readFileSync(pom, 'utf8')

/**
 * Copies the jars with Maven (some 70 MB, 15 to 60 s) unless they are there.
 *
 * @throws Error in one sentence when Java or Maven is missing or Maven fails
 */
export function ensureJars(say: (line: string) => void): Jars {
  const missing = missingTools()
  if (missing !== null) throw new Error(missing)
  if (!installed()) download(say)
  return {
    lib: folder,
    jamm: join(folder, 'jamm-0.4.0.jar'),
    exporter: join(folder, 'agents/jmx_prometheus_javaagent-1.0.1.jar'),
  }
}

/**
 * Looks at a file as `sha256sum --check` does. The agent is run inside the database's process.
 *
 * @param sums the file that holds `<sha256>  <name>`
 * @throws Error in one sentence when the bytes are others
 */
export function checkSum(sums: string, directory: string): void {
  const [wanted, name = ''] = readFileSync(sums, 'utf8').trim().split(/ +/)
  const found = createHash('sha256')
    .update(readFileSync(join(directory, name)))
    .digest('hex')
  if (found !== wanted)
    throw new Error(`${name} is not the one of ${sums}: its SHA-256 is ${found}.`)
}

function download(say: (line: string) => void): void {
  say('Fetching the jars of Cassandra from Maven Central ...')
  // Into a folder of its own first: two runs at once do not see each other's half.
  const partial = `${folder}.${process.pid}`
  mkdirSync(join(partial, 'agents'), { recursive: true })
  const { exitCode, stdout, stderr } = Bun.spawnSync([
    'mvn',
    // -C: a jar whose checksum is not that of the repository ends the run.
    ...['-q', '-B', '-C', '-f', pom, 'dependency:copy-dependencies'],
    ...[`-DoutputDirectory=${partial}`, '-DincludeScope=runtime'],
  ])
  if (exitCode !== 0) {
    rmSync(partial, { recursive: true, force: true })
    const words = `${stdout.toString()}${stderr.toString()}`.trim().split('\n').slice(-3).join(' ')
    throw new Error(`Maven could not fetch the jars of Cassandra: ${words}`)
  }
  // An agent on the class path as well as in -javaagent is loaded twice.
  const exporter = 'jmx_prometheus_javaagent-1.0.1.jar'
  checkSum(join(templates, 'jmx_exporter.sha256'), partial)
  renameSync(join(partial, exporter), join(partial, 'agents', exporter))
  writeFileSync(join(partial, 'pom.xml'), readFileSync(pom))
  rmSync(folder, { recursive: true, force: true })
  renameSync(partial, folder)
}
