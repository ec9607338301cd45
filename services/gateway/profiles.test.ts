/** The list of profiles, two compared, and speedscope, over HTTP. */
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { openProfileFolder, profileFileOf, type ProfileNotes } from '../../core/profiling/folder.ts'
import { profileOf } from '../../core/profiling/profile.fixture.ts'
import type { ServiceName } from '../../core/values/service-name.ts'
import { startGateway, type TestGateway } from './gateway.fixture.ts'

const root = mkdtempSync(join(tmpdir(), 'gateway-profiles-'))
const profile = profileOf(`
  fetch core/http/engine.ts:5 1
    get_cart services/cart/routes.ts:9 2
      parse native 4
`)

async function write(service: ServiceName, operation: string, day: number): Promise<string> {
  const startedAt = new Date(Date.UTC(2026, 10, day, 20, 49, 31))
  const notes: ProfileNotes = {
    file: profileFileOf(startedAt, operation),
    operation,
    started_at: startedAt.toISOString(),
    seconds: 10,
    samples: 7,
    operation_samples: 6,
    shared_samples: 0,
    load: {
      requests: 12_400,
      requests_per_second: 1_240,
      p50_ms: 0.6,
      p99_ms: 3.2,
      overall_requests_per_second: 1_300,
      cpu_share: 0.97,
    },
  }
  await openProfileFolder(join(root, service)).write({ notes, profile, page: '<h1>Graph</h1>' }, 10)
  return `${service}/${notes.file}`
}

let gateway: TestGateway
let cart: readonly string[]
let user: string
beforeAll(async () => {
  cart = [
    await write('cart', 'get_cart', 1),
    await write('cart', 'get_cart', 2),
    await write('cart', 'add_to_cart', 3),
  ]
  user = await write('user', 'get_user_profile', 4)
  writeFileSync(join(root, 'secret.cpuprofile'), JSON.stringify(profile))
  writeFileSync(join(root, 'cart', '20260101T000000000Z-damaged.cpuprofile'), '{')
  symlinkSync('/etc', join(root, 'order'))
  gateway = await startGateway({ profiles: root })
})
afterAll(async () => {
  await gateway[Symbol.asyncDispose]()
  rmSync(root, { recursive: true })
})

const get = (path: string): Promise<Response> => fetch(`${gateway.url}/profiles/${path}`)
const textOf = (html: string): string => html.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ')

describe('the list', () => {
  test('goes by service, operation and time, newest first, with the load', async () => {
    const page = await (await get('')).text()
    const links = [...page.matchAll(/href="([^"]+)\.html"/g)].map(([, link]) => link)
    const [older, newer, added] = cart
    const expected = [added, newer, older, user].map((file) => file?.replace('.cpuprofile', ''))
    expect(links).toEqual(expected)
    expect(textOf(page)).toContain(
      'get_user_profile 2026-11-04 20:49:31 10 s 1240 req/s 0.6 ms 3.2 ms 97 % 6 of 7',
    )
  })
  test('leads to the graph, the raw profile and speedscope', async () => {
    for (const [path, type] of [
      [user.replace('.cpuprofile', '.html'), 'text/html; charset=utf-8'],
      [user, 'application/json'],
      ['speedscope/', 'text/html; charset=utf-8'],
    ] as const) {
      const answer = await get(path)
      expect([path, answer.status, answer.headers.get('content-type')]).toEqual([path, 200, type])
    }
    const page = await (await get('')).text()
    expect(page).toContain(`speedscope/#profileURL=${encodeURIComponent(`/profiles/${user}`)}`)
  })
})

describe('two profiles', () => {
  const compare = (before: string, after: string): Promise<Response> =>
    get(`compare?${new URLSearchParams({ before, after })}`)

  test('are compared on a page that may run its own script and nothing more', async () => {
    const answer = await compare(cart[0] ?? '', cart[1] ?? '')
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-security-policy')).toStartWith('sandbox allow-scripts')
    const page = textOf(await answer.text())
    expect(page).toContain('get_cart of cart, before and after')
    expect(page).toContain('Before get_cart of cart Taken 2026-11-01 20:49:31 UTC, 10 s')
  })
  test('of different services as well', async () => {
    const page = textOf(await (await compare(cart[0] ?? '', user)).text())
    expect(page).toContain('get_user_profile of user against get_cart of cart')
  })
  test.each([
    '',
    'secret.cpuprofile',
    '../secret.cpuprofile',
    'cart/../secret.cpuprofile',
    'cart/20260101T000000000Z-damaged.cpuprofile',
    'cart/20260102T000000000Z-none.cpuprofile',
    'order/passwd',
    'constructor/20261101T204931000Z-get_cart.cpuprofile',
  ])('are 400 when one of them is %j', async (name) => {
    for (const [before, after] of [
      [name, user],
      [user, name],
    ] as const) {
      const answer = await compare(before, after)
      expect(answer.status).toBe(400)
      expect(await answer.json()).toMatchObject({ code: 'bad_request' })
    }
  })
})

test('speedscope comes from its package, and nothing else of the packages does', async () => {
  const page = await (await get('speedscope/')).text()
  const files = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file ?? '')
  expect(files.length).toBeGreaterThan(2)
  for (const file of files)
    expect([file, (await get(`speedscope/${file}`)).status]).toEqual([file, 200])
  for (const path of ['speedscope/package.json', 'speedscope/..%2f..%2fpackage.json']) {
    expect([400, 404]).toContain((await get(path)).status)
  }
})
