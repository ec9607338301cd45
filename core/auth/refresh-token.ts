/** Refresh tokens: random or derived, stored as a hash alone, and able to tell a stolen old one from an unknown one. */
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { derivedId, type SessionId } from '../values/ids.ts'
import { millis, type Millis } from '../values/time.ts'

/*
 * A token is base64url of
 *
 *   | family, 16 bytes | secret, 32 bytes |
 *
 * The family stays the same from log-in to log-out and the session's id is derived from it, so the
 * one row of a session finds its tokens old and new. The secret is new in every token: random in the
 * first one, and then HMAC-SHA-256 of the token before under a key of the user service. So a token
 * that is shown twice at once, by two tabs or by a client that lost the answer, has the same successor
 * at any instance, and no token is stored in plain. Without the key nobody can tell the
 * next token from an old one.
 *
 * Who shows the right family with another secret holds a token that was already used: only a holder
 * of one can know the family, which no access token, log or table carries.
 */
const familyBytes = 16
const secretBytes = 32
const length = ((familyBytes + secretBytes) / 3) * 4

/** How long a refresh token can be used: 30 days from its issue. */
export const refreshTokenLife: Millis = millis(30 * 24 * 60 * 60 * 1000)

/** Milliseconds for which a token that was used gets the same successor again. */
export const repeatableFor: Millis = millis(10_000)

/** A secret that successors are derived with. */
export type SuccessorKey = Uint8Array

export interface RefreshToken {
  /** What the client gets. */
  readonly token: string
  readonly session: SessionId
  /** SHA-256 of the token, base64url: what is stored. */
  readonly hash: string
}

/** The first token of a new session. */
export const newRefreshToken = (): RefreshToken =>
  tokenOf(Buffer.concat([randomBytes(familyBytes), randomBytes(secretBytes)]))

/** The token that follows `token` in the same session: under one key always the same. */
export function nextRefreshToken(token: RefreshToken, key: SuccessorKey): RefreshToken {
  const family = Buffer.from(token.token, 'base64url').subarray(0, familyBytes)
  const secret = createHmac('sha256', key).update(token.token).digest()
  return tokenOf(Buffer.concat([family, secret]))
}

/** Reads what a client sent; null when it cannot be a token of ours. */
export function readRefreshToken(text: string): RefreshToken | null {
  if (text.length !== length || !/^[\w-]+$/.test(text)) return null
  return tokenOf(Buffer.from(text, 'base64url'))
}

function tokenOf(bytes: Buffer): RefreshToken {
  const token = bytes.toString('base64url')
  const family = bytes.subarray(0, familyBytes).toString('base64url')
  return {
    token,
    session: derivedId<SessionId>('session', family),
    hash: createHash('sha256').update(token).digest('base64url'),
  }
}
