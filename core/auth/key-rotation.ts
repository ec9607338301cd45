/**
 * New keys in the place of old ones, so that nothing is ever signed with a key that is not published.
 *
 * ```
 *   1. sets of public keys   + new              nobody signs with it yet
 *      ... until whoever asks finds it there
 *   2. private key files       new              who starts from now on signs with it
 *   3. sets of public keys     old: retired_at  its tokens stay good
 *      ... until all its tokens have expired
 *   4. sets of public keys   - old              prune
 * ```
 *
 * Each step is on disk before the next begins. A crash after 1 leaves a public key that nobody signs
 * with, one after 2 an old key without its date; both get a date at the next rotation or pruning.
 */
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { serviceNames, type ServiceName } from '../values/service-name.ts'
import { millis, toRfc3339, type Clock, type Millis } from '../values/time.ts'
import { accessTokenLife } from './access-tokens.ts'
import {
  keyFile,
  publicKeyOf,
  readKeySet,
  writeKeySet,
  writePrivateKey,
  type StoredKey,
} from './key-files.ts'
import { demoPrefix, generateKey, publicPart, type PublicJwk } from './keys.ts'
import { loadRefreshKeys, rotateRefreshKeys } from './refresh-keys.ts'

/** Whose key it is: a service's own, or the one that signs users' access tokens. */
export type KeyOwner = ServiceName | 'access'

export interface RotateOptions {
  readonly dir: string
  /** The folder holds demo keys; both must say the same, so that neither kind turns into the other. */
  readonly demo: boolean
  /** The keys of the services as well as that of access tokens. */
  readonly services: boolean
  /** Takes the old public keys out at once: for keys that somebody else may have. */
  readonly revoke: boolean
  readonly clock: Clock
  /**
   * Resolves once {@link publishedFor} milliseconds are over. Verifiers look for an unknown key at
   * most once in 5 s, so a look in vain just before the rotation must not keep one from looking again.
   */
  readonly pause: (milliseconds: number) => Promise<void>
}

/** Milliseconds for which a key is published before anything can be signed with it. */
export const publishedFor = 6_000

/**
 * Makes new keys; processes sign with them from their next start.
 *
 * @returns the ids of the new keys
 * @throws Error in one sentence when a key is missing, of the other kind, or another process is at it
 */
export const rotateKeys = (options: RotateOptions): Promise<readonly string[]> =>
  alone(options.dir, () => rotate(options))

async function rotate(options: RotateOptions): Promise<readonly string[]> {
  const { dir, demo, clock, pause } = options
  const families = familiesOf(dir).filter(({ access }) => access || options.services)
  for (const { keys } of families) for (const each of keys) refuseOtherKind(each, demo, dir)
  // Before anything changes: a folder that lacks it is not complete.
  loadRefreshKeys(keyFile.refresh(dir))
  const changes = families.map(({ set, keys }) => {
    const made = keys.map(({ file, owner }) => ({
      file,
      key: generateKey(demo ? `${demoPrefix}${owner}` : owner),
    }))
    const fresh = made.map(({ key }) => publicPart(key))
    const old = dated(
      readKeySet(set),
      keys.map(({ current }) => current),
      clock,
    )
    return { set, made, fresh, old }
  })
  for (const { set, fresh, old } of changes) writeKeySet(set, [...fresh, ...old])
  await pause(publishedFor)
  for (const { file, key } of changes.flatMap(({ made }) => made)) writePrivateKey(file, key)
  for (const { set, fresh, old } of changes) {
    writeKeySet(set, [...fresh, ...(options.revoke ? [] : dated(old, [], clock))])
  }
  rotateRefreshKeys({ file: keyFile.refresh(dir), demo, revoke: options.revoke })
  return changes.flatMap(({ fresh }) => fresh.map(({ kid }) => kid))
}

/** What a pruning did with a retired key. */
export type PruneResult =
  | { readonly kind: 'removed'; readonly kid: string }
  /** Tokens signed with it can be good until then. */
  | { readonly kind: 'kept'; readonly kid: string; readonly until: Millis }
  /** A process that may still sign with it has to be restarted first. */
  | { readonly kind: 'in use'; readonly kid: string; readonly owner: KeyOwner }

/**
 * What is known of the process that signs with an owner's key: the last one may hold the key that
 * was in the file when it started.
 */
export type LastSigner =
  /** It runs, and started no earlier than this. */
  | { readonly running: true; readonly since: Millis }
  /** None runs, and none has signed anything after this. */
  | { readonly running: false; readonly until: Millis }

/** No token outlives an access token; the rest is for clocks that differ and for signing under way. */
const grace = millis(accessTokenLife + 60_000)

export interface PruneOptions {
  readonly dir: string
  readonly clock: Clock
  readonly lastSigner: (owner: KeyOwner) => LastSigner
}

/**
 * Takes retired keys out of the sets once the last token signed with them has expired. Safe at any
 * time: what may still be needed stays.
 */
export const pruneKeys = (options: PruneOptions): Promise<readonly PruneResult[]> =>
  alone(options.dir, async () => prune(options))

function prune({ dir, clock, lastSigner }: PruneOptions): readonly PruneResult[] {
  return familiesOf(dir).flatMap(({ set, keys }) => {
    const stored = readKeySet(set)
    const known = dated(
      stored,
      keys.map(({ current }) => current),
      clock,
    )
    const results = known
      .filter(isRetired)
      .map((key) => judge(key, lastSigner(ownerOf(key)), clock.now()))
    const removed = new Set(results.filter(({ kind }) => kind === 'removed').map(({ kid }) => kid))
    const left = known.filter(({ kid }) => !removed.has(kid))
    if (JSON.stringify(left) !== JSON.stringify(stored)) writeKeySet(set, left)
    return results
  })
}

function judge(key: RetiredKey, signer: LastSigner, now: Millis): PruneResult {
  const { kid } = key
  const retired = Date.parse(key.retired_at)
  if (signer.running && signer.since < retired) return { kind: 'in use', kid, owner: ownerOf(key) }
  const lastSigned = Math.max(retired, signer.running ? signer.since : signer.until)
  const until = millis(lastSigned + grace)
  return until <= now ? { kind: 'removed', kid } : { kind: 'kept', kid, until }
}

/** Keys that one set publishes. */
interface Family {
  readonly access: boolean
  readonly set: string
  readonly keys: readonly {
    readonly owner: KeyOwner
    readonly file: string
    readonly current: PublicJwk
  }[]
}

function familiesOf(dir: string): readonly Family[] {
  const key = (owner: KeyOwner, file: string) => ({ owner, file, current: publicKeyOf(file) })
  return [
    { access: true, set: keyFile.accessSet(dir), keys: [key('access', keyFile.access(dir))] },
    {
      access: false,
      set: keyFile.services(dir),
      keys: serviceNames.map((name) => key(name, keyFile.service(dir, name))),
    },
  ]
}

function refuseOtherKind(
  { current, file }: Family['keys'][number],
  demo: boolean,
  dir: string,
): void {
  if (current.kid.startsWith(demoPrefix) === demo) return
  throw new Error(
    demo
      ? `The key file ${file} holds no demo key: leave out --demo to rotate the keys of ${dir}.`
      : `The key file ${file} holds a demo key: rotate the keys of ${dir} with --demo, or make keys for production in another folder.`,
  )
}

/**
 * The keys of a set with those in use among them, also where they were missing: a key must never be
 * replaced before it was published. Every other one gets the date of today unless it has one.
 */
function dated(
  stored: readonly StoredKey[],
  current: readonly PublicJwk[],
  clock: Clock,
): readonly StoredKey[] {
  const inUse = new Set(current.map(({ kid }) => kid))
  const published = new Set(stored.map(({ kid }) => kid))
  const now = toRfc3339(clock.now())
  return [
    ...current.filter(({ kid }) => !published.has(kid)),
    ...stored.map((key) => {
      // A key that came back, as from a copy of the folder, loses its date.
      if (inUse.has(key.kid)) return publicPart(key)
      return isRetired(key) ? key : { ...key, retired_at: now }
    }),
  ]
}

type RetiredKey = StoredKey & { readonly retired_at: string }

/** A date that cannot be read is none. */
const isRetired = (key: StoredKey): key is RetiredKey =>
  key.retired_at !== undefined && !Number.isNaN(Date.parse(key.retired_at))

/** A key of nobody that is known is treated as one that signs access tokens. */
function ownerOf({ kid }: Pick<StoredKey, 'kid'>): KeyOwner {
  const own = kid.startsWith(demoPrefix) ? kid.slice(demoPrefix.length) : kid
  return serviceNames.find((name) => own.startsWith(`${name}:`)) ?? 'access'
}

/** Two processes that changed a set at once could lose a key of each other. */
async function alone<T>(dir: string, task: () => Promise<T>): Promise<T> {
  const lock = join(dir, 'rotation.pid')
  take(lock)
  try {
    return await task()
  } finally {
    rmSync(lock, { force: true })
  }
}

function take(lock: string): void {
  const own = `${lock}.${process.pid}`
  writeFileSync(own, `${process.pid}\n`, { mode: 0o600 })
  try {
    // A link is there with its content or not at all, so a lock always names its holder.
    linkSync(own, lock)
  } catch (error) {
    if ((error as { code?: string }).code !== 'EEXIST') throw error
    const holder = Number(readFileSync(lock, 'utf8'))
    // Our own id is that of an earlier process: in a container they are the same at each start.
    if (holder !== process.pid && isAlive(holder)) {
      throw new Error(`Process ${holder} is changing the keys; if it is not, remove ${lock}.`, {
        cause: error,
      })
    }
    // Left by a process that was killed.
    rmSync(lock, { force: true })
    take(lock)
  } finally {
    rmSync(own, { force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0)
  } catch (error) {
    // It lives, but belongs to somebody else.
    return (error as { code?: string }).code === 'EPERM'
  }
}
