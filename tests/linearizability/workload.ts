/** Many clients at work on a few objects at a time, until each object has had its share. */
import { inParallel } from '../support/buyers.ts'
import type { Recorder } from './recorder.ts'

/** One product, cart or order that several clients use at once. */
export interface Subject {
  readonly object: string
  /** One operation, chosen at random, by one client. */
  act(): Promise<void>
}

export interface WorkloadOptions {
  /** Operations in all. */
  readonly operations: number
  readonly perObject: number
  /** Objects in use at a time. */
  readonly width: number
  /** On each object. */
  readonly clients: number
}

/** Milliseconds for which a client looks at an answer, at most: so that a history spans many kills. */
const thought = 80

export async function work<Input, Output>(
  recorder: Pick<Recorder<Input, Output>, 'isMurky'>,
  { operations, perObject, width, clients }: WorkloadOptions,
  open: () => Promise<Subject>,
): Promise<void> {
  let left = operations
  async function client(subject: Subject, share: { left: number }): Promise<void> {
    while (share.left > 0 && left > 0 && !recorder.isMurky(subject.object)) {
      share.left--
      left--
      await Bun.sleep(Math.random() * thought)
      await subject.act()
    }
  }
  await inParallel(width, width, async () => {
    while (left > 0) {
      const subject = await open()
      const share = { left: perObject }
      await inParallel(clients, clients, () => client(subject, share))
    }
  })
}

export const chance = (probability: number): boolean => Math.random() < probability

/** 1 to `most`. */
export const upTo = (most: number): number => 1 + Math.floor(Math.random() * most)

export function oneOf<T>(choices: readonly T[]): T {
  const choice = choices[Math.floor(Math.random() * choices.length)]
  if (choice === undefined) throw new Error('There is nothing to choose from.')
  return choice
}
