/**
 * Whether a recorded history is linearizable: whether every operation can be given one moment between
 * its call and its answer such that, one after the other in that order, they answer what they did.
 *
 * The search is that of Wing and Gong ("Testing and verifying concurrent objects", 1993) with Lowe's
 * memory of states that led nowhere ("Testing for linearizability", 2017). A history is linearizable
 * exactly when each of its objects is (Herlihy and Wing, 1990), so each is searched alone.
 */

export interface Operation<Input, Output> {
  /** What it works on; operations on different objects have no influence on each other. */
  readonly object: string
  readonly input: Input
  /** Null when nobody knows: it took effect at some moment after its call, or never. */
  readonly output: Output | null
  /** When it was called, on the clock of the recorder. */
  readonly invoked: number
  /** When its answer came; infinite while there is none. */
  readonly returned: number
}

/** What an object would do if its operations came one at a time. */
export interface Model<State, Input, Output> {
  readonly initial: State
  /**
   * The state after the operation; null when it cannot answer `output` in this state. An `output` of
   * null fits always. The same state, not an equal one, where nothing changes.
   */
  step(state: State, input: Input, output: Output | null): State | null
  /** Equal for equal states. */
  key(state: State): string
}

export type Verdict<Input, Output> =
  | { readonly linearizable: true; readonly objects: number; readonly explored: number }
  | {
      readonly linearizable: false
      readonly object: string
      /** The longest order that was found to work. */
      readonly order: readonly Operation<Input, Output>[]
      /** Those of which one had to come next, and none could. */
      readonly stuck: readonly Operation<Input, Output>[]
    }

/** States of one object that may be looked at; far more than a sound history of any length needs. */
const limit = 2_000_000

/** @throws Error when an object has too many open operations to be searched through */
export function check<State, Input, Output>(
  model: Model<State, Input, Output>,
  history: readonly Operation<Input, Output>[],
): Verdict<Input, Output> {
  const objects = Map.groupBy(history, ({ object }) => object)
  let explored = 0
  for (const [object, operations] of objects) {
    const found = search(model, operations)
    explored += found.explored
    if (!found.linearizable) return { ...found, object }
  }
  return { linearizable: true, objects: objects.size, explored }
}

/** A place in the search: a state, and what may be tried from it. */
interface Place<State> {
  readonly state: State
  /** All answered operations before this one are in the order. */
  readonly base: number
  readonly candidates: readonly number[]
  tried: number
}

function search<State, Input, Output>(
  model: Model<State, Input, Output>,
  operations: readonly Operation<Input, Output>[],
) {
  // The answered ones by their calls, then the open ones. Only the former must find a place.
  const byCall = operations.toSorted((a, b) => a.invoked - b.invoked)
  const answered = byCall.filter(({ output }) => output !== null)
  const all = [...answered, ...byCall.filter(({ output }) => output === null)]
  const twins = twinsOf(all, answered.length)
  const placed = new Uint8Array(all.length)
  const order: number[] = []
  const seen = new Set<string>()
  let longest: readonly number[] = []
  let stuck: readonly number[] = []

  /** Open operations that ask for the same are all alike: they are placed in the order of their calls. */
  function isNext(at: number): boolean {
    const twin = twins.get(at)
    return twin === undefined || placed[twin] === 1
  }

  /** What may come next, and what is in the order beyond `base`; open ones last. */
  function windowFrom(base: number) {
    const ahead: number[] = []
    const left: number[] = []
    let firstAnswer = Infinity
    for (let at = base; at < answered.length; at++) {
      const operation = all[at]
      // Sorted by their calls: nothing from here on can come before that answer.
      if (operation === undefined || operation.invoked > firstAnswer) break
      if (placed[at] === 1) ahead.push(at)
      else {
        left.push(at)
        firstAnswer = Math.min(firstAnswer, operation.returned)
      }
    }
    for (let at = answered.length; at < all.length; at++) {
      if (placed[at] === 1) ahead.push(at)
      else if (isNext(at)) left.push(at)
    }
    // An effect of an open one is only needed once somebody has seen it, so these are tried last.
    return { ahead, candidates: left.filter((at) => (all[at]?.invoked ?? 0) <= firstAnswer) }
  }

  /** Null where a place like it has been left behind already. */
  function enter(state: State, from: number): Place<State> | null {
    let base = from
    while (base < answered.length && placed[base] === 1) base++
    const { ahead, candidates } = windowFrom(base)
    const key = `${base} ${ahead} ${model.key(state)}`
    if (seen.has(key)) return null
    seen.add(key)
    if (seen.size > limit) throw new Error(`More than ${limit} states of one object to look at.`)
    return { state, base, candidates, tried: 0 }
  }

  const first = enter(model.initial, 0)
  const path = first === null ? [] : [first]
  for (let place = path.at(-1); place !== undefined; place = path.at(-1)) {
    if (place.base === answered.length) return { linearizable: true as const, explored: seen.size }
    const at = place.candidates[place.tried++]
    const operation = at === undefined ? undefined : all[at]
    if (at === undefined || operation === undefined) {
      if (order.length >= longest.length) {
        longest = [...order]
        stuck = place.candidates
      }
      path.pop()
      const undone = order.pop()
      if (undone !== undefined) placed[undone] = 0
      continue
    }
    const { input, output } = operation
    const state = model.step(place.state, input, output)
    // An open operation that changes nothing need not have happened.
    if (state === null || (output === null && state === place.state)) continue
    placed[at] = 1
    order.push(at)
    const next = enter(state, place.base)
    if (next !== null) path.push(next)
    else {
      placed[at] = 0
      order.pop()
    }
  }
  const named = (numbers: readonly number[]) => numbers.flatMap((at) => all[at] ?? [])
  return {
    linearizable: false as const,
    order: named(longest),
    stuck: named(stuck),
    explored: seen.size,
  }
}

/** For each open operation from `start` on, the one before it that asks for the very same. */
function twinsOf(
  operations: readonly Operation<unknown, unknown>[],
  start: number,
): ReadonlyMap<number, number> {
  const twins = new Map<number, number>()
  const last = new Map<string, number>()
  for (const [at, { input }] of operations.entries()) {
    if (at < start) continue
    const asked = JSON.stringify(input)
    const twin = last.get(asked)
    if (twin !== undefined) twins.set(at, twin)
    last.set(asked, at)
  }
  return twins
}
