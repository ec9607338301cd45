/** Finds a Jaeger or builds one, once, from its Go module. */
import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { which } from '../programs.ts'

/** The last version of Jaeger 1, whose all-in-one takes its settings as options. */
export const jaegerVersion = '1.76.0'

export interface Jaeger {
  readonly binary: string
  /** The Go module holds a placeholder in the place of the page. */
  readonly hasPage: boolean
}

/** `JAEGER_BIN`, one on PATH, one built earlier, or one built now; a sentence where there is none. */
export async function findJaeger(
  cache: string,
  say: (line: string) => void,
): Promise<Jaeger | string> {
  const given = process.env['JAEGER_BIN'] || which('jaeger-all-in-one') || which('jaeger')
  if (given) {
    return isAllInOne(given)
      ? { binary: given, hasPage: true }
      : `${given} is no all-in-one of Jaeger 1; JAEGER_BIN may name one`
  }
  const binary = join(cache, `jaeger-${jaegerVersion}`)
  if (existsSync(binary)) return { binary, hasPage: false }
  const go = which('go') ?? which('/usr/local/go/bin/go')
  if (go === null) {
    return 'there is neither a jaeger-all-in-one on PATH or in JAEGER_BIN nor Go to build one'
  }
  say(`Building Jaeger ${jaegerVersion} from its Go module, once; this takes some minutes ...`)
  try {
    await build(go, cache, binary)
    return { binary, hasPage: false }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Jaeger 2 is configured by a file and knows none of these options. */
function isAllInOne(binary: string): boolean {
  if (!existsSync(binary)) return false
  const { stdout } = Bun.spawnSync([binary, '--help'], { stderr: 'ignore' })
  return stdout.toString().includes('--memory.max-traces')
}

async function build(go: string, cache: string, binary: string): Promise<void> {
  const source = join(cache, 'jaeger-source')
  rmSync(source, { recursive: true, force: true })
  mkdirSync(cache, { recursive: true })
  const module = `github.com/jaegertracing/jaeger@v${jaegerVersion}`
  const { Dir: folder } = JSON.parse(
    await output([go, 'mod', 'download', '-json', module], cache),
  ) as { readonly Dir: string }
  // `go install` refuses a module that replaces others, so it is built as if it were ours.
  cpSync(folder, source, { recursive: true })
  await output(['chmod', '-R', 'u+w', source], cache)
  await output([go, 'build', '-trimpath', '-o', `${binary}.new`, './cmd/all-in-one'], source)
  renameSync(`${binary}.new`, binary)
  rmSync(source, { recursive: true, force: true })
}

async function output(command: readonly string[], cwd: string): Promise<string> {
  const child = Bun.spawn([...command], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  const [text, errors] = await Promise.all([child.stdout.text(), child.stderr.text()])
  if ((await child.exited) === 0) return text
  throw new Error(`${command.slice(0, 2).join(' ')} failed: ${errors.trim().split('\n').at(-1)}`)
}
