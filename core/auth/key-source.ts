/** Where public keys come from: a file, or another service's JWK set with a copy on disk. */
import { mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Copies } from '../clients/copies.ts'
import { replaceFile } from '../files/durable.ts'
import type { Logger } from '../logging/logger.ts'
import { every, type Worker } from '../resilience/worker.ts'
import type { Clock } from '../values/time.ts'
import {
  demoPrefix,
  loadJwkSet,
  parseJwkSet,
  refuseDemoKeys,
  toPublicKey,
  type JwkSet,
  type PublicKey,
} from './keys.ts'

export interface KeySource {
  /** The key of that id; the same object for as long as the key is the same. */
  get(kid: string): PublicKey | undefined
  size(): number
  /** Reads anew because an unknown id came, at most once in some seconds. Never rejects. */
  refresh(): Promise<void>
  /** Keeps the keys fresh; returns at once, whether the source can be reached or not. */
  start(): void
  stop(): Promise<void>
}

/** No keys at all: what they would sign is never accepted. */
export const noKeys: KeySource = {
  get: () => undefined,
  size: () => 0,
  async refresh() {},
  start() {},
  async stop() {},
}

/** Milliseconds between two reads that unknown key ids can cause. */
const minimumGap = 5_000
const refreshInterval = 5 * 60_000
/** Milliseconds between two tries while there is no good answer. */
const retryInterval = 1_000
const fetchTimeout = 2_000
/** A set larger than this is not one of ours. */
const maxKeys = 64

/**
 * The keys of a JWK set file, read anew when an unknown id comes, so that a key can be added without
 * a restart. Throws one sentence that names the file when it cannot be read now, or when it holds a
 * generated key and those are not allowed.
 */
export function keysFromFile(options: {
  readonly file: string
  readonly allowDemo: boolean
  readonly clock: Clock
  readonly log: Logger
}): KeySource {
  const { file, allowDemo, clock, log } = options
  const read = (): JwkSet => {
    const set = loadJwkSet(file)
    if (!allowDemo) refuseDemoKeys(set.keys, file)
    return set
  }
  const held = holdKeys(allowDemo, read())
  const mayRead = paced(clock)
  return {
    ...held,
    async refresh() {
      if (!mayRead()) return
      try {
        held.replace(read())
      } catch (error) {
        log.warn({ err: error }, 'keys file cannot be read')
      }
    },
    start() {},
    async stop() {},
  }
}

/** Where a service publishes its keys. */
const keySetPath = '/.well-known/jwks.json'

/**
 * The keys that a service publishes, from whichever of its copies answers. What was last seen is kept
 * in `cacheFile`, so that a restart needs no peer.
 */
export function keysFromPeer(options: {
  readonly copies: Pick<Copies, 'pick' | 'failed'>
  readonly cacheFile: string
  readonly allowDemo: boolean
  readonly clock: Clock
  readonly log: Logger
  /** Replaces `fetch` in tests. */
  readonly fetchSet?: (url: string) => Promise<unknown>
}): KeySource {
  const { copies, cacheFile, clock, log, fetchSet = fetchJson } = options
  const held = holdKeys(options.allowDemo, readCache(cacheFile))
  const mayFetch = paced(clock)
  let running: Promise<void> | null = null
  let nextAt = 0
  let failing = false
  let isKept = true
  let worker: Worker | null = null

  async function load(): Promise<void> {
    try {
      const set = await fromAnyCopy()
      if (held.replace(set)) isKept = false
      if (!isKept) keep(set)
      nextAt = clock.now() + refreshInterval
      failing = false
    } catch (error) {
      nextAt = clock.now() + retryInterval
      // One line for a whole outage: this is tried every second.
      if (!failing) log.warn({ err: error, keys: held.size() }, 'public keys cannot be fetched')
      failing = true
    }
  }

  /** A disk that is full does not make the keys any worse; the next load tries again. */
  function keep(set: JwkSet): void {
    try {
      writeCache(cacheFile, set)
      isKept = true
    } catch (error) {
      log.warn({ err: error }, 'public keys cannot be kept for a restart')
    }
  }

  async function fromAnyCopy(): Promise<JwkSet> {
    const tried: string[] = []
    let failure: unknown = new Error('No copy may be asked.')
    for (let copy = copies.pick(); copy !== null; copy = copies.pick(tried)) {
      try {
        const set = parseJwkSet(await fetchSet(copy + keySetPath))
        if (set !== null && set.keys.length > 0) return set
        failure = new Error('The answer holds no keys.')
      } catch (error) {
        failure = error
        copies.failed(copy)
      }
      tried.push(copy)
    }
    throw failure
  }

  /** Whoever asks while a fetch runs waits for that one. */
  const fetchNow = (): Promise<void> => {
    running ??= load().finally(() => {
      running = null
    })
    return running
  }

  return {
    ...held,
    async refresh() {
      if (running !== null || mayFetch()) await fetchNow()
    },
    start() {
      const refreshKeys = async (): Promise<void> => {
        if (clock.now() >= nextAt) await fetchNow()
      }
      worker ??= every(retryInterval, refreshKeys, { log })
      worker.kick()
    },
    async stop() {
      await worker?.stop()
    },
  }
}

/** The keys in memory; `replace` tells whether anything changed and keeps the objects that did not. */
function holdKeys(allowDemo: boolean, initial: JwkSet | null) {
  let keys = new Map<string, PublicKey>()

  function replace(set: JwkSet): boolean {
    const next = new Map<string, PublicKey>()
    for (const jwk of set.keys.slice(0, maxKeys)) {
      if (!allowDemo && jwk.kid.startsWith(demoPrefix)) continue
      const key = toPublicKey(jwk)
      const old = keys.get(jwk.kid)
      next.set(jwk.kid, old?.pem === key.pem ? old : key)
    }
    const same = next.size === keys.size && [...next].every(([kid, key]) => keys.get(kid) === key)
    keys = next
    return !same
  }

  if (initial !== null) replace(initial)
  return { get: (kid: string) => keys.get(kid), size: () => keys.size, replace }
}

function paced(clock: Clock): () => boolean {
  let last = Number.NEGATIVE_INFINITY
  return () => {
    const now = clock.now()
    if (now >= last && now - last < minimumGap) return false
    last = now
    return true
  }
}

async function fetchJson(url: string): Promise<unknown> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(fetchTimeout) })
  if (!answer.ok) throw new Error(`The answer was ${answer.status}.`)
  return answer.json()
}

/** A missing or broken copy is as good as none. */
function readCache(file: string): JwkSet | null {
  try {
    return parseJwkSet(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return null
  }
}

/** A crash, of the machine as well, leaves the old copy or the new one: a restart needs no peer. */
function writeCache(file: string, set: JwkSet): void {
  mkdirSync(dirname(file), { recursive: true })
  replaceFile(file, JSON.stringify(set))
}
