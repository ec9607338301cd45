/** Password hashing: argon2id off the event loop, with a bound on what runs and what waits. */
import { hash, verify } from '@node-rs/argon2'
import { problem } from '../http/problem.ts'
import { addressBucket } from './address-bucket.ts'
import { createSlots } from './slots.ts'

/** `address` is the client's: hashes wait in queues by address, which take turns. */
export interface Passwords {
  /** The PHC string to keep. */
  hash(password: string, address: string): Promise<string>
  verify(hashed: string, password: string, address: string): Promise<boolean>
  /** Costs what `verify` costs and says no: an unknown name must not answer faster than a known one. */
  verifyDummy(password: string, address: string): Promise<false>
}

export interface PasswordPool extends Passwords {
  /** Hashes that wait for a free core. */
  waiting(): number
}

/** 19 MiB, two passes, one lane: the OWASP minimum for argon2id (measured: 23 ms). */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/** Nobody's password, hashed at the same cost. */
const dummyHash =
  '$argon2id$v=19$m=19456,t=2,p=1$z4gxyQFw9ITVr5vVCugepA$/7o9O70C6RyWjIdZem849/cHZ6sA+0iIp+65PVttZns'

/** Seconds after which a full queue has certainly moved on. */
const retryAfter = 2

/**
 * Builds the pool.
 *
 * @param options.concurrency hashes that run at once; the number of cores is the useful maximum
 * @param options.queue hashes that may wait; past it the address with the most of them is refused, with
 *   `overloaded`
 */
export function createPasswords(options: {
  readonly concurrency: number
  readonly queue: number
}): PasswordPool {
  const { concurrency, queue } = options
  if (!(queue >= 64)) throw new RangeError('The option "queue" must be at least 64.')
  const slots = createSlots({
    concurrency,
    queue,
    refuse: () => problem('overloaded', { retryAfter }),
  })
  return {
    hash: (password, address) =>
      slots.run(addressBucket(address), () => hash(normal(password), cost)),
    verify: (hashed, password, address) =>
      slots.run(addressBucket(address), () => verify(hashed, normal(password))),
    async verifyDummy(password, address) {
      await slots.run(addressBucket(address), () => verify(dummyHash, normal(password)))
      return false
    },
    waiting: slots.waiting,
  }
}

/** The same password typed on two systems can differ in its code points (NIST SP 800-63B, 5.1.1.2). */
const normal = (password: string): string => password.normalize('NFKC')
