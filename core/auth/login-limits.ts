/** Limits on guessing passwords: per account and per address, counted before the hash is computed. */
import { problem, type Problem } from '../http/problem.ts'
import type { Deadline } from '../resilience/deadline.ts'
import { millis, type Clock, type Millis } from '../values/time.ts'
import { addressBucket } from './address-bucket.ts'
import { pause } from '../resilience/pause.ts'

/**
 * Where guesses are counted. A subject is `account:<name>` or `address:<address>`; its record is the
 * points in time of its guesses within the window, oldest first.
 */
export interface GuessLedger {
  /**
   * Replaces the record of a subject by what `change` makes of it, as one atomic step. `change` is
   * pure and may run more than once; `keepUntil` is when the record means nothing any more.
   */
  change<T>(subject: string, change: (guesses: readonly Millis[]) => GuessChange<T>): Promise<T>
}

export interface GuessChange<T> {
  readonly guesses: readonly Millis[]
  readonly keepUntil: Millis
  readonly result: T
}

export interface LoginLimits {
  /**
   * Runs `guess`, which answers null for a wrong password, if account and address may still guess.
   * A wrong guess stays counted; a right one, and one that failed for another reason, is given back.
   *
   * @throws too_many_attempts with Retry-After; overloaded when it waited past its deadline
   */
  attempt<T>(
    who: { readonly account: string; readonly address: string; readonly deadline: Deadline },
    guess: () => Promise<T | null>,
  ): Promise<T | null>
}

export interface LoginLimitOptions {
  readonly ledger: GuessLedger
  readonly clock: Clock
  /** Wrong guesses an account may have within the window. */
  readonly perAccount: number
  /** Wrong guesses an address may have within the window. */
  readonly perAddress: number
  readonly window: Millis
  /**
   * How long a guess can be undecided in another copy of the service; 0, and no other copy, unless
   * given. A younger guess that stands in the way may be a right one, whose place is given back in a
   * moment.
   */
  readonly undecidedElsewhere?: Millis
}

/** Milliseconds between two looks whether another copy has decided. */
const elsewherePause = 50

/** Requests that may wait, all subjects together. */
const maxWaiting = 1_024

/**
 * Builds the policy: a sliding window of points in time, so that no stretch of its length ever holds
 * more guesses than allowed, wherever it begins.
 *
 * A guess is reserved before it is checked, so a thousand at once cannot pass together. Right log-ins
 * made at once, as a load run makes them, must not be taken for wrong ones: while guesses of the same
 * subject are still being checked here, the next one waits for their result.
 */
export function createLoginLimits(options: LoginLimitOptions): LoginLimits {
  const { ledger, clock, window, undecidedElsewhere = millis(0) } = options
  const gates = new Map<string, Gate>()
  let waiting = 0

  /** Passes the gate of a subject around `task`; the gate exists while somebody is at it. */
  async function within<T extends { readonly wrong: boolean }>(
    subject: string,
    limit: number,
    deadline: Deadline,
    task: () => Promise<T>,
  ): Promise<T> {
    const gate = gates.get(subject) ?? { undecided: 0, visitors: 0, waiters: [], looking: false }
    gates.set(subject, gate)
    gate.visitors++
    try {
      const at = await enter(subject, gate, limit, deadline)
      let wrong = false
      try {
        const outcome = await task()
        wrong = outcome.wrong
        return outcome
      } finally {
        // A guess that could not be checked tells nothing about the password, so it costs nothing.
        try {
          if (!wrong) await giveBack(subject, at)
        } finally {
          gate.undecided--
          wakeOne(gate)
        }
      }
    } finally {
      if (--gate.visitors === 0) gates.delete(subject)
    }
  }

  /** Reserves a guess, waiting while others of the subject are undecided; answers when it was made. */
  async function enter(
    subject: string,
    gate: Gate,
    limit: number,
    deadline: Deadline,
  ): Promise<Millis> {
    for (;;) {
      if (gate.undecided < limit) {
        const at = clock.now()
        gate.undecided++
        const refusal = await reserve(subject, limit, at).catch((error: unknown) => {
          gate.undecided--
          wakeOne(gate)
          throw error
        })
        if (refusal === null) return at
        gate.undecided--
        if (gate.undecided === 0) {
          if (!refusal.mayPass) {
            for (const refuse of gate.waiters.splice(0)) refuse(refusal.wait)
            throw tooMany(refusal.wait)
          }
          if (await lookAgain(gate, deadline, refusal)) continue
        }
      }
      await turn(gate, deadline)
    }
  }

  /** One of those at the gate looks again after a moment; false for the others, who wait for it. */
  async function lookAgain(gate: Gate, deadline: Deadline, refusal: Refusal): Promise<boolean> {
    if (gate.looking) return false
    if (deadline.remaining() <= elsewherePause) {
      wakeOne(gate)
      throw tooMany(refusal.wait)
    }
    gate.looking = true
    await pause(elsewherePause)
    gate.looking = false
    return true
  }

  async function turn(gate: Gate, deadline: Deadline): Promise<void> {
    if (waiting >= maxWaiting) throw problem('overloaded')
    waiting++
    const verdict = await new Promise<number | null>((resolve) => gate.waiters.push(resolve))
    waiting--
    if (verdict !== null) throw tooMany(verdict)
    if (!deadline.expired()) return
    // The turn was not used: pass it on.
    wakeOne(gate)
    throw problem('overloaded')
  }

  /** Counts a guess now; null when it may go ahead. */
  const reserve = (subject: string, limit: number, at: Millis): Promise<Refusal | null> =>
    ledger.change(subject, (guesses) => {
      const keepUntil = millis(at + window)
      const recent = guesses.filter((each) => each > at - window)
      const blocking = recent[recent.length - limit]
      if (blocking === undefined) return { guesses: [...recent, at], keepUntil, result: null }
      const decided = recent.filter((each) => each <= at - undecidedElsewhere)
      const result = { wait: blocking + window - at, mayPass: decided.length < limit }
      return { guesses: recent, keepUntil, result }
    })

  const giveBack = (subject: string, at: Millis): Promise<void> =>
    ledger.change(subject, (guesses) => {
      const index = guesses.indexOf(at)
      const left = index === -1 ? guesses : guesses.toSpliced(index, 1)
      return { guesses: left, keepUntil: millis(clock.now() + window), result: undefined }
    })

  return {
    async attempt({ account, address, deadline }, guess) {
      const outcome = await within(`account:${account}`, options.perAccount, deadline, () =>
        within(`address:${addressBucket(address)}`, options.perAddress, deadline, async () => {
          const value = await guess()
          return { wrong: value === null, value }
        }),
      )
      return outcome.value
    },
  }
}

interface Refusal {
  /** Milliseconds until a guess may be made, should all that count be wrong. */
  readonly wait: number
  /** So many of them are young that another copy may yet give enough back. */
  readonly mayPass: boolean
}

/** The guesses of one subject in this process. */
interface Gate {
  /** Reserved, and not yet known to be right or wrong. */
  undecided: number
  visitors: number
  /** One of the visitors looks what other copies decide. */
  looking: boolean
  /** Each is called once: null means "try again", a number refuses for that many milliseconds. */
  readonly waiters: ((verdict: number | null) => void)[]
}

const wakeOne = (gate: Gate): void => gate.waiters.shift()?.(null)

const tooMany = (wait: number): Problem =>
  problem('too_many_attempts', { retryAfter: Math.max(1, Math.ceil(wait / 1000)) })
