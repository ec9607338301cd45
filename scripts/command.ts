/** The frame of a command that a person runs: its help, its mistakes, its exit code. */
import { dirname, resolve } from 'node:path'

export interface Command<Options> {
  readonly usage: string
  /** Null when the options make no sense together; may throw what `parseArgs` throws. */
  readonly read: () => Options | null
  /** Throws an error of one sentence when it cannot be done. */
  readonly run: (options: Options) => void | Promise<void>
}

/** Ends with 0 when it was done, 1 when it could not be done, 2 when it was not understood. */
export async function runCommand<Options>({ usage, read, run }: Command<Options>): Promise<void> {
  if (process.argv.includes('--help')) {
    console.log(usage)
    return
  }
  const options = understood(read)
  if (options === null) {
    console.error(usage)
    process.exitCode = 2
    return
  }
  try {
    await run(options)
  } catch (error) {
    console.error(messageOf(error))
    process.exitCode = 1
  }
}

function understood<Options>(read: () => Options | null): Options | null {
  try {
    return read()
  } catch (error) {
    console.error(`${messageOf(error)}\n`)
    return null
  }
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)

/** The shop's data folder as the start command finds it: from the project's root. */
export const dataFolder = (option: string | undefined): string =>
  resolve(dirname(import.meta.dir), option || process.env['DATA_DIR'] || 'data')
