/** The routes for the other services: who may call them and what a repetition changes. */
import { afterAll, describe, expect, test } from 'bun:test'
import { newId, type UserId } from '../../core/values/ids.ts'
import { serviceNames } from '../../core/values/service-name.ts'
import { startUserService } from './service.fixture.ts'

const service = await startUserService()
afterAll(() => service.stop())
const { send, signIn, serviceToken } = service

describe('the internal routes', () => {
  const change = () => ({
    order_id: newId<string>().toUpperCase(),
    user_id: newId<string>(),
    status: 'SHIPPING',
    updated_at: '2026-01-31T09:30:00.000Z',
    sequence: 3,
  })

  test('a status change is applied once, and only a higher one after it', async () => {
    const token = serviceToken('order')
    const json = change()
    const notify = async (sent: unknown) =>
      (await send('POST', '/users/notify/order-status', { token, json: sent })).body
    expect(await notify(json)).toEqual({ applied: true })
    expect(await notify({ ...json, order_id: json.order_id.toLowerCase() })).toEqual({
      applied: false,
    })
    expect(await notify({ ...json, sequence: 2 })).toEqual({ applied: false })
    expect(await notify({ ...json, sequence: 4 })).toEqual({ applied: true })
    const kept = await service.store.notifications(json.user_id as UserId, 0, 10)
    expect(kept.map(({ sequence }) => sequence)).toEqual([3, 4])
  })

  test('are for the services they are meant for and nobody else', async () => {
    const { access } = await signIn('admin', 'admin123')
    const notify = (token?: string) =>
      send('POST', '/users/notify/order-status', { ...(token && { token }), json: change() })
    const feed = (token?: string) =>
      send('GET', '/internal/revocations', { ...(token && { token }) })
    expect([(await notify()).status, (await feed()).status]).toEqual([401, 401])
    expect([(await notify(access)).status, (await feed(access)).status]).toEqual([403, 403])
    for (const name of serviceNames) {
      const token = serviceToken(name)
      expect([name, (await notify(token)).status]).toEqual([name, name === 'order' ? 200 : 403])
      expect([name, (await feed(token)).status]).toEqual([name, name === 'user' ? 403 : 200])
    }
    expect((await feed(serviceToken('cart', 'order'))).status).toBe(401)
    expect((await send('GET', '/users/me', { token: serviceToken('order') })).status).toBe(403)
  })

  test('the feed tells of a session that ended, from the start and from a cursor', async () => {
    const token = serviceToken('catalog')
    const feed = async (query = '') =>
      (await send('GET', `/internal/revocations${query}`, { token })).body as {
        entries: { session_id: string; ended_at: string }[]
        cursor: number
      }
    const before = await feed()
    const { access } = await signIn()
    const claims = JSON.parse(Buffer.from(access.split('.')[1] ?? '', 'base64url').toString())
    await send('POST', '/logout', { token: access })
    const after = await feed(`?after=${before.cursor}`)
    expect(after.entries.map((entry) => entry.session_id)).toEqual([claims.sid])
    expect((await feed('?after=0')).entries.length).toBe(before.entries.length + 1)
    expect((await feed(`?after=${after.cursor}`)).entries).toEqual([])
  })
})
