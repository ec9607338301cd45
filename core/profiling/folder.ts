/**
 * The folder of one service's profiles.
 *
 * ```
 * profiles/order/20261125T204931123Z-create_order.cpuprofile   for DevTools and speedscope
 *                20261125T204931123Z-create_order.html         the flame graph
 *                20261125T204931123Z-create_order.json         the load meanwhile
 * ```
 *
 * A profile is there once its `.cpuprofile` is, which is written last. Names from outside are
 * matched against the one form that names have, so that none leads out of the folder.
 */
import { constants } from 'node:fs'
import { mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { freshName } from '../files/durable.ts'
import { parseCpuProfile, type CpuProfile } from './cpu-profile.ts'
import { Load } from './load.ts'

const operationPattern = '[a-z][a-z0-9_]{0,63}'
export const operationForm = `^${operationPattern}$`
export const profileFileForm = `^\\d{8}T\\d{9}Z-${operationPattern}\\.cpuprofile$`

/** What is written beside a profile. */
export const ProfileNotes = Type.Object(
  {
    file: Type.String({ examples: ['20261125T204931123Z-create_order.cpuprofile'] }),
    operation: Type.String({ examples: ['create_order'] }),
    started_at: Type.String({ format: 'date-time', examples: ['2026-11-25T20:49:31.123Z'] }),
    seconds: Type.Number({ examples: [10] }),
    samples: Type.Integer({
      description: 'Moments in which JavaScript was on the stack, about one a millisecond',
      examples: [6_210],
    }),
    operation_samples: Type.Integer({ description: 'Those of the operation', examples: [4_180] }),
    shared_samples: Type.Integer({
      description: 'Those of them that may belong to another operation as well',
      examples: [12],
    }),
    load: Type.Union([Load, Type.Null()], {
      description: 'Null where the service measures nothing: METRICS=false',
    }),
  },
  { title: 'CpuProfile' },
)
export type ProfileNotes = Static<typeof ProfileNotes>

export interface Captured {
  readonly notes: ProfileNotes
  readonly profile: CpuProfile
  /** The flame graph, a whole page. */
  readonly page: string
}

export interface ProfileFolder {
  /** Newest first. */
  list(): Promise<readonly ProfileNotes[]>
  /** Null for what is not there, and for any name that no profile can have. */
  read(file: string): Promise<{ readonly notes: ProfileNotes; readonly profile: CpuProfile } | null>
  /** Keeps it, and of its operation the newest `keep`. */
  write(captured: Captured, keep: number): Promise<void>
}

const notesValidator = Compile(ProfileNotes)
const fileName = new RegExp(profileFileForm)
/** What this module writes: nothing else is ever removed. */
const ownFile = new RegExp(
  `^(\\d{8}T\\d{9}Z-(${operationPattern}))\\.(cpuprofile|html|json)(\\..+\\.new)?$`,
)

/** The name of a profile of that moment. */
export const profileFileOf = (startedAt: Date, operation: string): string =>
  `${startedAt.toISOString().replace(/[-:.]/g, '')}-${operation}.cpuprofile`

/** The name of its flame graph. */
export const pageOf = (file: string): string => file.replace(/\.cpuprofile$/, '.html')

const notesOf = (file: string): string => file.replace(/\.cpuprofile$/, '.json')

/** `directory` is made when the first profile is written. */
export function openProfileFolder(directory: string): ProfileFolder {
  async function list(): Promise<readonly ProfileNotes[]> {
    const names = (await readdir(directory).catch(() => [])).filter((name) => fileName.test(name))
    const notes = await Promise.all(names.map(readNotes))
    return notes.filter((each) => each !== null).sort((a, b) => (a.file < b.file ? 1 : -1))
  }

  async function readNotes(file: string): Promise<ProfileNotes | null> {
    try {
      const notes: unknown = JSON.parse((await readOwn(directory, notesOf(file))) ?? 'null')
      return notesValidator.Check(notes) && notes.file === file ? notes : null
    } catch (error) {
      if (error instanceof SyntaxError) return null
      throw error
    }
  }

  return {
    list,
    async read(file) {
      if (!fileName.test(file)) return null
      const notes = await readNotes(file)
      const text = await readOwn(directory, file)
      const profile = text === null ? null : parseCpuProfile(text)
      return notes === null || profile === null ? null : { notes, profile }
    },
    async write({ notes, profile, page }, keep) {
      await mkdir(directory, { recursive: true })
      const { file } = notes
      await writeFile(join(directory, pageOf(file)), page)
      await writeFile(join(directory, notesOf(file)), JSON.stringify(notes))
      const fresh = freshName(join(directory, file))
      await writeFile(fresh, JSON.stringify(profile))
      await rename(fresh, join(directory, file))
      await prune(directory, notes.operation, keep)
    },
  }
}

/** A regular file of the folder, never what a link leads to; null when it is not there. */
async function readOwn(directory: string, name: string): Promise<string | null> {
  try {
    const handle = await open(join(directory, name), constants.O_RDONLY | constants.O_NOFOLLOW)
    try {
      return (await handle.stat()).isFile() ? await handle.readFile('utf8') : null
    } finally {
      await handle.close()
    }
  } catch (error) {
    // ELOOP: a symbolic link.
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (code === 'ENOENT' || code === 'ELOOP') return null
    throw error
  }
}

/** Whatever a crash left halfway counts as a profile of its moment and goes the same way. */
async function prune(directory: string, operation: string, keep: number): Promise<void> {
  const byMoment = new Map<string, string[]>()
  for (const name of await readdir(directory)) {
    const [, moment, named] = ownFile.exec(name) ?? []
    if (moment === undefined || named !== operation) continue
    byMoment.set(moment, [...(byMoment.get(moment) ?? []), name])
  }
  const tooOld = [...byMoment.keys()].sort().reverse().slice(keep)
  const files = tooOld.flatMap((moment) => byMoment.get(moment) ?? [])
  await Promise.all(files.map((name) => rm(join(directory, name), { force: true })))
}
