/** Refresh tokens: one session from log-in to log-out, a new secret in each. */
import { expect, test } from 'bun:test'
import { isUuid } from '../values/ids.ts'
import { newRefreshToken, nextRefreshToken, readRefreshToken } from './refresh-token.ts'

const key = Buffer.alloc(32, 1)

test('the next token belongs to the same session and has another hash', () => {
  const first = newRefreshToken()
  const second = nextRefreshToken(first, key)
  expect(second.session).toBe(first.session)
  expect(second.hash).not.toBe(first.hash)
  expect(isUuid(first.session)).toBe(true)
})

test('one token has one successor, which nobody finds without the key', () => {
  const first = newRefreshToken()
  const second = nextRefreshToken(first, key)
  expect(nextRefreshToken(first, Buffer.from(key))).toEqual(second)
  expect(nextRefreshToken(second, key).hash).not.toBe(second.hash)
  expect(nextRefreshToken(first, Buffer.alloc(32, 2)).hash).not.toBe(second.hash)
  const secret = (token: string) => Buffer.from(token, 'base64url').subarray(16)
  expect(secret(second.token)).not.toEqual(secret(first.token))
})

test('two log-ins are two sessions', () => {
  expect(newRefreshToken().session).not.toBe(newRefreshToken().session)
})

test('what a client sends back is read as the token it got', () => {
  const token = nextRefreshToken(newRefreshToken(), key)
  expect(readRefreshToken(token.token)).toEqual(token)
})

test('neither the session nor the hash holds any part of the token', () => {
  const { token, session, hash } = newRefreshToken()
  expect(Buffer.from(token, 'base64url')).toHaveLength(48)
  const secret = Buffer.from(token, 'base64url').subarray(16).toString('base64url')
  expect(hash).not.toContain(secret)
  expect(session.replaceAll('-', '')).not.toBe(
    Buffer.from(token, 'base64url').subarray(0, 16).toString('hex'),
  )
})

test('what cannot be a token of ours is none', () => {
  const { token } = newRefreshToken()
  for (const text of [
    '',
    'x',
    token.slice(1),
    `${token}A`,
    `${token.slice(1)}=`,
    `${token.slice(1)} `,
  ]) {
    expect(readRefreshToken(text)).toBeNull()
  }
})
