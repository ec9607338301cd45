/** The user service on a real port with a real store, and a client of it, for tests. */
import { accessTokenLife, createAccessTokens } from '../../core/auth/access-tokens.ts'
import { ensureKeys, keyFile } from '../../core/auth/key-files.ts'
import { keysFromFile } from '../../core/auth/key-source.ts'
import { publishedKeys } from '../../core/auth/key-set-file.ts'
import { loadSigningKey } from '../../core/auth/keys.ts'
import { createLoginLimits } from '../../core/auth/login-limits.ts'
import { createPasswords } from '../../core/auth/password.ts'
import { loadRefreshKeys } from '../../core/auth/refresh-keys.ts'
import { createRevocations } from '../../core/auth/revocations.ts'
import { createServiceTokens } from '../../core/auth/service-tokens.ts'
import { createVerifier } from '../../core/auth/verifier.ts'
import type { ServiceClient } from '../../core/clients/service-client.ts'
import { createApplication } from '../../core/http/application.ts'
import { bunEngine } from '../../core/http/engine/bun.ts'
import { createObserver } from '../../core/lifecycle/observer.ts'
import { createLogger } from '../../core/logging/logger.ts'
import { createMetrics } from '../../core/metrics/metrics.ts'
import type { ServiceName } from '../../core/values/service-name.ts'
import { every } from '../../core/resilience/worker.ts'
import { newId, type SessionId, type UserId } from '../../core/values/ids.ts'
import { millis, systemClock as clock } from '../../core/values/time.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAccounts } from './accounts.ts'
import { addDemoAccounts } from './demo-accounts.ts'
import { createUserMetrics } from './metrics.ts'
import { createNotificationStreams, pollInterval, tickInterval } from './notification-streams.ts'
import { createNotifications } from './notifications.ts'
import { createPasswordChange } from './password-change.ts'
import { createCarts, createOrders } from './peers.ts'
import { createProfiles } from './profile.ts'
import { userRoutes } from './routes.ts'
import { createSessions } from './sessions.ts'
import { openSqliteUserStore } from './store.sqlite.ts'
import { timedPasswords } from './timed-passwords.ts'

/** What cart and order service answer in these tests; a checkout answers the body it got. */
const peers: ServiceClient = {
  async call({ path, body }) {
    const spending = (body as { user_ids?: string[] })?.user_ids?.map((user_id) => ({
      user_id,
      total_spent: 10.5,
    }))
    const answers: Record<string, unknown> = {
      '/internal/spending': { spending },
      '/internal/orders/list': { orders: [], next_cursor: 'a b' },
      '/internal/cart': { items: [], total: 3, revision: 'r' },
      '/internal/checkout': body,
    }
    const text = JSON.stringify(answers[path])
    return { status: 200, text, json: () => JSON.parse(text), header: () => null }
  },
}

export interface Sent {
  readonly token?: string
  readonly json?: unknown
  readonly form?: Record<string, string>
  readonly headers?: Record<string, string>
}

export interface Received {
  readonly status: number
  readonly headers: Headers
  /** The JSON as it came; what a test expects of it is what it asserts. */
  readonly body: unknown
}

/** Starts it with the demo accounts; log lines of every level are kept in `lines`. */
export async function startUserService() {
  const root = mkdtempSync(join(tmpdir(), 'user-service-'))
  ensureKeys({ dir: root, demo: true })
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  const log = createLogger({ service: 'user', level: 'trace', destination })
  const metrics = createMetrics('user')
  const store = openSqliteUserStore({ path: join(root, 'user.db') })
  const revocations = createRevocations({
    fetchPage: (after) => store.revocations(after, clock.now(), 100),
    clock,
    log,
  })
  const userMetrics = createUserMetrics(metrics)
  const passwords = timedPasswords(createPasswords({ concurrency: 2, queue: 64 }), userMetrics)
  const limits = createLoginLimits({
    ledger: store,
    clock,
    perAccount: 10,
    perAddress: 1_000,
    window: millis(300_000),
  })
  const accounts = createAccounts({ store, clock, passwords, limits, metrics: userMetrics })
  const streams = createNotificationStreams({
    store,
    clock,
    log,
    metrics: userMetrics,
    limit: 4,
    limitPerUser: 2,
    limitPerAddress: 1_000,
    heartbeat: millis(1_000),
  })
  userMetrics.countStreams(streams.size)
  const sessions = createSessions({
    store,
    accessTokens: createAccessTokens({ key: loadSigningKey(keyFile.access(root)), clock }),
    refreshKeys: loadRefreshKeys(keyFile.refresh(root)),
    sessionLife: millis(90 * 86_400_000),
    revoked: revocations,
    clock,
  })
  const carts = createCarts(peers)
  const orders = createOrders(peers)
  const keys = (file: string) => keysFromFile({ file, allowDemo: true, clock, log })
  const application = createApplication({
    routes: userRoutes({
      accounts,
      changePassword: createPasswordChange({
        store,
        passwords,
        limits,
        revoked: revocations,
        clock,
      }),
      sessions,
      profiles: createProfiles({ carts, orders }),
      carts,
      orders,
      notifications: createNotifications(store, clock, streams.wake),
      streams,
      store,
      keySet: publishedKeys({ file: keyFile.accessSet(root), clock, log }),
      clock,
    }),
    authenticate: createVerifier({
      service: 'user',
      accessKeys: keys(keyFile.accessSet(root)),
      serviceKeys: keys(keyFile.services(root)),
      revocations,
      clock,
    }).verify,
    clock,
    observe: createObserver(metrics, log, 1, { inFlight: () => 0, receiving: () => 0 }).bind,
    addressOf: (inbound) => inbound.address,
    maxInFlight: 2_000,
    corsOrigins: [],
  })
  const listening = bunEngine.listen({
    host: '127.0.0.1',
    port: 0,
    idleTimeout: 10_000,
    handle: application.handle,
    onError: (error) => log.error({ err: error }, 'escaped'),
  })
  await addDemoAccounts(accounts)
  const workers = [
    every(pollInterval, streams.poll, { log }),
    every(tickInterval, streams.tick, { log }),
  ]

  async function send(method: string, path: string, sent: Sent = {}): Promise<Received> {
    const { token, json, form } = sent
    const headers: Record<string, string> = { ...sent.headers }
    if (token !== undefined) headers.authorization = `Bearer ${token}`
    if (json !== undefined) headers['content-type'] = 'application/json'
    const body = form === undefined ? JSON.stringify(json) : new URLSearchParams(form)
    const init = { method, headers, ...(body !== undefined && { body }) }
    const response = await fetch(`http://127.0.0.1:${listening.port}${path}`, init)
    const text = await response.text()
    const { status, headers: received } = response
    return { status, headers: received, body: text === '' ? null : JSON.parse(text) }
  }

  let names = 0
  async function register(changes: Record<string, unknown> = {}) {
    const username = `user-${names++}`
    const json = { username, password: 'secret1', full_name: 'Анна', ...changes }
    return { username, answer: await send('POST', '/users/register', { json }) }
  }

  const newToken = async (form: Record<string, string>) => {
    const { status, body } = await send('POST', '/token', { form })
    // The contract's answer; in a refusal both are undefined, which no later request survives.
    const { access_token: access, refresh_token: refresh } = body as Record<string, string>
    return { status, access: String(access), refresh: String(refresh) }
  }

  return {
    url: `http://127.0.0.1:${listening.port}`,
    lines,
    metrics,
    store,
    streams,
    sessions,
    send,
    register,
    /** Signs a new user in, or the one that is named. */
    async signIn(username?: string, password = 'secret1') {
      return newToken({ username: username ?? (await register()).username, password })
    },
    refresh: (token: string) => newToken({ grant_type: 'refresh_token', refresh_token: token }),
    serviceToken(name: ServiceName, audience: ServiceName = 'user'): string {
      const key = loadSigningKey(keyFile.service(root, name))
      return createServiceTokens({ name, key, clock }).tokenFor(audience)
    },
    /** A token of a session of its own that is good for so many milliseconds, give or take a second. */
    tokenFor(user: UserId, goodFor: number): string {
      const issuedAt = millis(clock.now() - accessTokenLife + goodFor)
      const key = loadSigningKey(keyFile.access(root))
      const tokens = createAccessTokens({ key, clock: { now: () => issuedAt } })
      return tokens.issue({ user, role: 'user', session: newId<SessionId>() }).token
    },
    async stop() {
      streams.drain()
      await Promise.all(workers.map((worker) => worker.stop()))
      await listening.close()
      await store.close()
      rmSync(root, { recursive: true, force: true })
    },
  }
}
