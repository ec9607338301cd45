/** Tokens made with a shop's own keys: signing in costs a password hash, and most tests need none. */
import { createAccessTokens } from '../../core/auth/access-tokens.ts'
import { keyFile } from '../../core/auth/key-files.ts'
import { loadSigningKey } from '../../core/auth/keys.ts'
import { createServiceTokens } from '../../core/auth/service-tokens.ts'
import { newId, type SessionId, type UserId } from '../../core/values/ids.ts'
import type { ServiceName } from '../../core/values/service-name.ts'
import { systemClock } from '../../core/values/time.ts'

export interface TestTokens {
  /**
   * Of a session of its own, and of an epoch that no end of all sessions reaches, so that signing out
   * ends no other test's.
   */
  user(id: UserId): string
  /** Of an admin; the user service knows only ids that are in its store. */
  admin(id?: UserId): string
  /** What `name` shows to `audience`. */
  service(name: ServiceName, audience: ServiceName): string
}

export function tokensOf(keysDir: string): TestTokens {
  const clock = systemClock
  const access = createAccessTokens({ key: loadSigningKey(keyFile.access(keysDir)), clock })
  const issue = (user: UserId, role: 'user' | 'admin'): string =>
    access.issue({ user, role, session: newId<SessionId>(), epoch: Number.MAX_SAFE_INTEGER }).token
  return {
    user: (id) => issue(id, 'user'),
    admin: (id = newId<UserId>()) => issue(id, 'admin'),
    service(name, audience) {
      const key = loadSigningKey(keyFile.service(keysDir, name))
      return createServiceTokens({ name, key, clock }).tokenFor(audience)
    },
  }
}
