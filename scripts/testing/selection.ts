/**
 * Which test files run, and how: unit tests side by side, tests of whole processes one after another,
 * and between them those that need a Cassandra node, which all use the same one: a start takes 15 s.
 */

/** A file as far as choosing needs it. */
export interface TestFile {
  /** From the project's root, with forward slashes. */
  readonly path: string
  readonly text: string
}

export interface Selection {
  /** Files that run in parallel with each other. */
  readonly units: readonly string[]
  /** Files named `*.cassandra.test.ts`: one after another, while one node runs. */
  readonly cassandra: readonly string[]
  /** Files that start processes, listen on ports and load the machine: one at a time. */
  readonly serial: readonly string[]
  /** Only tests of this name, as a regular expression. */
  readonly name: string | null
}

/**
 * Chooses by words of the command line. Words that all occur in some path choose files; otherwise
 * they are a part of a test's name.
 *
 * @returns null when neither a file nor a test has anything to do with the words
 */
export function select(files: readonly TestFile[], words: readonly string[]): Selection | null {
  if (words.length === 0) return split(files, null)
  const byPath = files.filter(({ path }) => words.some((word) => path.includes(withoutDot(word))))
  if (words.every((word) => byPath.some(({ path }) => path.includes(withoutDot(word))))) {
    return split(byPath, null)
  }
  const name = words.join(' ')
  const byName = files.filter(({ text }) => text.includes(name))
  return byName.length === 0 ? null : split(byName, escaped(name))
}

function split(files: readonly TestFile[], name: string | null): Selection {
  const paths = files.map(({ path }) => path).sort()
  return {
    units: paths.filter((path) => !isSerial(path) && !needsNode(path)),
    cassandra: paths.filter(needsNode),
    serial: paths.filter((path) => isSerial(path) && !needsNode(path)),
    name,
  }
}

const isSerial = (path: string): boolean => path.startsWith('tests/')
const needsNode = (path: string): boolean => path.endsWith('.cassandra.test.ts')

const withoutDot = (word: string): string => word.replace(/^\.\//, '')

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
