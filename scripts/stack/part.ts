/** One part of the running stack: a program, where a person finds it, and how one knows that it is well. */
export interface Part {
  /** Also the name of its log and pid files. */
  readonly name: string
  readonly label: string
  readonly command: readonly string[]
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Addresses that answer with a success when the part is ready. */
  readonly health: readonly string[]
  /** Milliseconds until it has to be ready; two minutes unless given. */
  readonly patience?: number
  /** What a person opens; empty where there is nothing to see. */
  readonly address: string
  readonly note: string
  /** Ports that it listens on. */
  readonly ports: readonly number[]
}

/** A part that does not run, and why. */
export interface Absent {
  readonly label: string
  readonly reason: string
}

export const isAbsent = (part: Part | Absent): part is Absent => 'reason' in part
