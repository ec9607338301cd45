/** The format of a `.cpuprofile`, as the Chrome DevTools Protocol has it (`Profiler.Profile`). */
import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'

const Node = Type.Object({
  id: Type.Integer(),
  callFrame: Type.Object({
    functionName: Type.String(),
    scriptId: Type.String(),
    url: Type.String(),
    /** Counted from 0, as all of the protocol; -1 for native code. */
    lineNumber: Type.Integer(),
    columnNumber: Type.Integer(),
  }),
  hitCount: Type.Optional(Type.Integer()),
  children: Type.Optional(Type.Array(Type.Integer())),
})

const Profile = Type.Object({
  nodes: Type.Array(Node),
  /** Microseconds. */
  startTime: Type.Number(),
  endTime: Type.Number(),
  /** The node at each sample. */
  samples: Type.Array(Type.Integer()),
  /** Microseconds between a sample and the one before it. */
  timeDeltas: Type.Array(Type.Number()),
})

export type CpuProfile = Static<typeof Profile>
export type CpuProfileNode = Static<typeof Node>

const validator = Compile(Profile)

/** Null for what is not a profile. */
export const cpuProfileOf = (value: unknown): CpuProfile | null =>
  validator.Check(value) ? value : null

/** Null for a text that is none. */
export function parseCpuProfile(text: string): CpuProfile | null {
  try {
    return cpuProfileOf(JSON.parse(text))
  } catch {
    return null
  }
}

/** What DevTools and speedscope leave out of their sums. */
export const idleFunction = '(idle)'

/**
 * JavaScriptCore takes no sample while no JavaScript is on the stack: in the kernel, in native code,
 * while waiting. Readers give the whole gap to the sample before it, so a function would seem to run
 * while the process slept. From `longest` microseconds on, the rest of a gap becomes idle samples.
 */
export function withIdleTime(profile: CpuProfile, longest: number): CpuProfile {
  const [root, ...rest] = profile.nodes
  if (root === undefined) return profile
  const idle = Math.max(...profile.nodes.map(({ id }) => id)) + 1
  const samples: number[] = []
  const timeDeltas: number[] = []
  let idleSamples = 0
  profile.samples.forEach((node, index) => {
    const delta = profile.timeDeltas[index] ?? 0
    if (delta > longest) {
      samples.push(idle)
      timeDeltas.push(samples.length === 1 ? 0 : longest)
      idleSamples++
    }
    samples.push(node)
    timeDeltas.push(delta > longest ? delta - (timeDeltas.at(-1) ?? 0) : delta)
  })
  if (idleSamples === 0) return profile
  const callFrame = {
    functionName: idleFunction,
    scriptId: '0',
    url: '',
    lineNumber: -1,
    columnNumber: -1,
  }
  return {
    ...profile,
    nodes: [
      { ...root, children: [...(root.children ?? []), idle] },
      ...rest,
      { id: idle, callFrame, hitCount: idleSamples },
    ],
    samples,
    timeDeltas,
  }
}

/** Addresses of files inside of `root` become relative to it: where they lie is nobody's business. */
export function withRelativePaths(profile: CpuProfile, root: string): CpuProfile {
  const prefix = `file://${root}/`
  return {
    ...profile,
    nodes: profile.nodes.map((node) => {
      const { url } = node.callFrame
      const place = url.startsWith(prefix) ? url.slice(prefix.length) : withoutFolder(url)
      return place === url ? node : { ...node, callFrame: { ...node.callFrame, url: place } }
    }),
  }
}

/** A file elsewhere keeps its package's path, or its name alone. */
function withoutFolder(url: string): string {
  if (!url.startsWith('file://')) return url
  const inPackage = url.lastIndexOf('/node_modules/')
  return url.slice((inPackage === -1 ? url.lastIndexOf('/') : inPackage) + 1)
}
