/** Settings of the user service beside the common ones. */
import { byProfile } from '../../core/config/common.ts'
import { duration, integer } from '../../core/config/config.ts'

export const userSettings = {
  PASSWORD_CONCURRENCY: integer({
    help: 'password hashes computed at once; each takes one core and 19 MiB',
    default: 2,
    min: 1,
    max: 256,
  }),
  PASSWORD_QUEUE: integer({
    help: 'password hashes that may wait, each address in turn; past it the one with the most gets 503',
    default: 64,
    min: 64,
    max: 10_000,
  }),
  PASSWORD_NICENESS: integer({
    help: 'how far the threads that hash stand back for everything else, on Linux; 0 not at all',
    default: 10,
    min: 0,
    max: 19,
  }),
  SESSION_LIFE_MS: duration({
    help: 'time after which a session ends for good, counted from the log-in, however often it is refreshed',
    default: 90 * 86_400_000,
    min: 60_000,
    max: 10 * 365 * 86_400_000,
  }),
  LOGIN_FAILURES_PER_ACCOUNT: integer({
    help: 'wrong passwords an account may see within the window before it answers 429',
    default: 10,
    min: 1,
    max: 1_000,
  }),
  LOGIN_FAILURES_PER_ADDRESS: integer({
    help: 'wrong passwords an address may send within the window before it gets 429',
    default: 200,
    min: 1,
    max: 10_000,
  }),
  LOGIN_FAILURE_WINDOW_MS: duration({
    help: 'the window in which wrong passwords are counted',
    default: 5 * 60_000,
    min: 1_000,
    max: 86_400_000,
  }),
  NOTIFICATION_STREAMS: integer({
    help: 'event streams open at once, beside the requests under way; past it the answer is 503',
    default: 1_500,
    min: 1,
    max: 100_000,
  }),
  NOTIFICATION_STREAMS_PER_USER: integer({
    help: 'event streams one user may have open at once; past it the answer is 429',
    default: 10,
    min: 1,
    max: 1_000,
  }),
  NOTIFICATION_STREAMS_PER_ADDRESS: integer({
    help: 'event streams one address may have open at once; past it the answer is 429',
    default: byProfile(100, 100_000),
    min: 1,
    max: 100_000,
  }),
  NOTIFICATION_HEARTBEAT_MS: duration({
    help: 'time after which a quiet event stream shows that it is alive',
    default: 15_000,
    min: 1_000,
    max: 60_000,
  }),
} as const
