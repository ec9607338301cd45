/** The frame of a command that a person runs: its help, its mistakes, its exit code. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { failureText, sentenceOf } from '../core/logging/sentence.ts'

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
    console.error(failureText(error))
    process.exitCode = 1
  }
}

function understood<Options>(read: () => Options | null): Options | null {
  try {
    return read()
  } catch (error) {
    console.error(`${sentenceOf(error)}\n`)
    return null
  }
}

/**
 * Makes the folder and sees that something can be written there.
 *
 * @throws Error in one sentence
 */
export function prepareFolder(folder: string): void {
  const trial = join(folder, `.trial-${process.pid}`)
  try {
    mkdirSync(folder, { recursive: true })
    writeFileSync(trial, new Uint8Array(4_096))
    rmSync(trial)
  } catch (error) {
    // On a full disk it is there, and cut.
    if (existsSync(trial)) rmSync(trial)
    const reason = sentenceOf(error).replace(trial, 'a file in it')
    throw new Error(`The data folder ${folder} cannot be written: ${reason}`, { cause: error })
  }
}

/** The shop's data folder as the start command finds it: from the project's root. */
export const dataFolder = (option: string | undefined): string =>
  resolve(dirname(import.meta.dir), option || process.env['DATA_DIR'] || 'data')
