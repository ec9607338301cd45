/** The user service: accounts, sessions, profiles. */
import { createAccessTokens } from '../../core/auth/access-tokens.ts'
import { keyFile } from '../../core/auth/key-files.ts'
import { keysFromFile } from '../../core/auth/key-source.ts'
import { publishedKeys } from '../../core/auth/key-set-file.ts'
import { loadSigningKey, refuseDemoKeys } from '../../core/auth/keys.ts'
import { createLoginLimits } from '../../core/auth/login-limits.ts'
import { loadRefreshKeys } from '../../core/auth/refresh-keys.ts'
import { createPasswords } from '../../core/auth/password.ts'
import { standBack } from '../../core/auth/stand-back.ts'
import type { Revocations } from '../../core/auth/revocations.ts'
import { runService } from '../../core/lifecycle/service.ts'
import { sweep } from '../../core/resilience/sweep.ts'
import { every } from '../../core/resilience/worker.ts'
import { millis } from '../../core/values/time.ts'
import { createAccounts } from './accounts.ts'
import { userSettings } from './config.ts'
import { addDemoAccounts, refuseDemoAccounts } from './demo-accounts.ts'
import { createUserMetrics } from './metrics.ts'
import { createNotificationStreams, pollInterval, tickInterval } from './notification-streams.ts'
import { createNotifications } from './notifications.ts'
import { openUserStore } from './open-store.ts'
import { createPasswordChange } from './password-change.ts'
import { createCarts, createOrders } from './peers.ts'
import { createProfiles } from './profile.ts'
import { userRoutes } from './routes.ts'
import { createSessions } from './sessions.ts'
import { timedPasswords } from './timed-passwords.ts'

/** Milliseconds between two sweeps. */
const sweepInterval = 30_000
/** Milliseconds after which a guess has been decided, unless hashes queue; so long a refusal may wait. */
const guessLife = 500
/** Milliseconds between two looks at the pool of threads, which grows when it is needed. */
const standBackInterval = 5_000
/** Ended sessions read at once from the own store. */
const ownFeedPage = 1_000

await runService({
  name: 'user',
  description: 'Accounts, sessions and what belongs to a signed-in user',
  prefix: '/user-api',
  defaultPort: 8003,
  settings: userSettings,
  async build({ config, clock, log, metrics, openStore, client }) {
    const demo = config.PROFILE === 'demo'
    const signingFile = keyFile.access(config.KEYS_DIR)
    const signingKey = loadSigningKey(signingFile)
    if (!demo) refuseDemoKeys([signingKey], signingFile)
    const keySetFile = keyFile.accessSet(config.KEYS_DIR)
    const accessKeys = keysFromFile({ file: keySetFile, allowDemo: demo, clock, log })
    if (accessKeys.get(signingKey.kid) === undefined) {
      throw new Error(`The key of ${signingFile} is not in ${keySetFile}: nobody could verify it.`)
    }
    const refreshFile = keyFile.refresh(config.KEYS_DIR)
    const refreshKeys = loadRefreshKeys(refreshFile)
    if (!demo) refuseDemoKeys(refreshKeys.ids, refreshFile)

    const store = await openUserStore(openStore, clock)
    const userMetrics = createUserMetrics(metrics)
    const pool = createPasswords({
      concurrency: config.PASSWORD_CONCURRENCY,
      queue: config.PASSWORD_QUEUE,
    })
    userMetrics.countHashes(pool.waiting)
    const passwords = timedPasswords(pool, userMetrics)
    const limits = createLoginLimits({
      ledger: store,
      clock,
      perAccount: config.LOGIN_FAILURES_PER_ACCOUNT,
      perAddress: config.LOGIN_FAILURES_PER_ADDRESS,
      window: config.LOGIN_FAILURE_WINDOW_MS,
      undecidedElsewhere: millis(config.USER_URL.length > 1 ? guessLife : 0),
    })
    const accounts = createAccounts({ store, clock, metrics: userMetrics, passwords, limits })
    standBack(config.PASSWORD_NICENESS)
    // Before anything listens: nobody may sign in with a password that the documentation prints.
    if (!demo) await refuseDemoAccounts(accounts)

    let revocations: Revocations | null = null
    const revoked: Pick<Revocations, 'add'> = {
      add: (revocation) => revocations?.add(revocation),
    }
    const sessions = createSessions({
      store,
      clock,
      accessTokens: createAccessTokens({ key: signingKey, clock }),
      refreshKeys,
      sessionLife: config.SESSION_LIFE_MS,
      revoked,
    })
    const streams = createNotificationStreams({
      store,
      clock,
      log,
      metrics: userMetrics,
      limit: config.NOTIFICATION_STREAMS,
      limitPerUser: config.NOTIFICATION_STREAMS_PER_USER,
      limitPerAddress: config.NOTIFICATION_STREAMS_PER_ADDRESS,
      heartbeat: config.NOTIFICATION_HEARTBEAT_MS,
    })
    userMetrics.countStreams(streams.size)
    // When the process begins to drain, not at its end, so that clients have time to go elsewhere.
    process.once('SIGTERM', streams.drain)
    process.once('SIGINT', streams.drain)
    const carts = createCarts(client('cart'))
    const orders = createOrders(client('order'))
    return {
      routes: userRoutes({
        accounts,
        changePassword: createPasswordChange({ store, passwords, limits, revoked, clock }),
        sessions,
        carts,
        orders,
        profiles: createProfiles({ carts, orders }),
        notifications: createNotifications(store, clock, streams.wake),
        streams,
        store,
        keySet: publishedKeys({ file: keySetFile, clock, log }),
        clock,
      }),
      check: () => store.check(),
      async start() {
        if (demo) await addDemoAccounts(accounts)
      },
      workers: () => [
        every(standBackInterval, async () => standBack(config.PASSWORD_NICENESS), {
          log,
          name: 'thread priorities',
        }),
        every(
          sweepInterval,
          (isStopping) => sweep((limit) => store.sweep(clock.now(), limit), isStopping),
          { log, name: 'expired rows' },
        ),
        every(pollInterval, streams.poll, { log, name: 'notification poll' }),
        every(tickInterval, streams.tick, { log, name: 'notification streams' }),
      ],
      stop: () => store.close(),
      own: {
        accessKeys,
        revocations: (after) => store.revocations(after, clock.now(), ownFeedPage),
        onRevocations(all) {
          revocations = all
        },
      },
    }
  },
})
