/** Password hashes with their times: how many were computed tells what guessing reached. */
import type { Passwords } from '../../core/auth/password.ts'
import type { UserMetrics } from './metrics.ts'

/** A hash that was refused for want of a place is none, and is not counted. */
export function timedPasswords(
  passwords: Passwords,
  { hashed }: Pick<UserMetrics, 'hashed'>,
): Passwords {
  async function timed<T>(operation: 'hash' | 'verify', task: () => Promise<T>): Promise<T> {
    const started = performance.now()
    const result = await task()
    hashed(operation, performance.now() - started)
    return result
  }
  return {
    hash: (...of) => timed('hash', () => passwords.hash(...of)),
    verify: (...of) => timed('verify', () => passwords.verify(...of)),
    verifyDummy: (...of) => timed('verify', () => passwords.verifyDummy(...of)),
  }
}
