/** What no good client sends: every write route refuses it, writes nothing, and goes on living. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { errors } from '../core/http/errors.ts'
import { newId } from '../core/values/ids.ts'
import { serviceNames, type ServiceName } from '../core/values/service-name.ts'
import { bodySamples, strangers, validBody, type BodySample } from './support/body-samples.ts'
import { clientOf } from './support/client.ts'
import { expectProblem } from './support/expect-problem.ts'
import { rawHead, sendRaw, type RawAnswer } from './support/raw.ts'
import { allRoutes, filled, type ServiceRoute } from './support/route-tables.ts'
import type { Answered, Method, Sent } from './support/send.ts'
import { conform, ProblemDocument } from './support/shapes.ts'
import { startShop, type ProcessName } from './support/shop.ts'
import { contentsOf } from './support/tables.ts'

const folder = mkdtempSync(join(tmpdir(), 'product-store-'))
const profiles = join(folder, 'profiles')
const secret = `secret-${newId()}`
mkdirSync(join(profiles, '.hidden'), { recursive: true })
writeFileSync(join(profiles, 'flame.html'), '<p>flame</p>')
writeFileSync(join(profiles, '.hidden', 'file'), secret)
writeFileSync(join(folder, 'secret'), secret)
symlinkSync(join(folder, 'secret'), join(profiles, 'link'))

const shop = await startShop({
  gateway: true,
  products: 8,
  envOf: { gateway: { GATEWAY_PROFILES_DIR: profiles } },
})
afterAll(async () => {
  await shop.stop()
  rmSync(folder, { recursive: true, force: true })
})

const client = clientOf(shop)
const { tokens } = client
const person = await client.register()
const admin = await client.demoAdmin()

const processes: readonly ProcessName[] = [...serviceNames, 'gateway']
const pids = processes.map(shop.pid)
let contents: ReturnType<typeof contentsOf> = {}
beforeEach(() => {
  contents = contentsOf(shop.directory)
})

afterEach(async () => {
  expect(processes.map(shop.pid)).toEqual(pids)
  for (const name of processes) {
    expect([name, (await client.get(name, '/health/live')).status]).toEqual([name, 200])
  }
  expect(contentsOf(shop.directory)).toEqual(contents)
})

/** Whoever may call the route, so that nothing but the input is wrong. */
function tokenFor({ access, service }: ServiceRoute): string | undefined {
  if (access === 'public') return undefined
  if (access === 'admin') return admin
  if (access === 'user') return person.token
  const [first] = [access].flat()
  const caller = serviceNames.find((name) => first === `service:${name}`)
  if (caller === undefined) throw new Error(`Nobody may call with ${String(access)}.`)
  return tokens.service(caller, service)
}

const ask = (route: ServiceRoute, sent: Sent): Promise<Answered> =>
  client.call(route.service, route.method, filled(route.path, newId()), {
    token: tokenFor(route),
    ...sent,
  })

const labelOf = ({ service, method, path }: ServiceRoute): string => `${service} ${method} ${path}`
const writes = allRoutes.filter(({ method }) => method !== 'GET')
const withBody = writes.filter(({ body }) => body !== undefined)
const labelled = (routes: readonly ServiceRoute[]): [string, ServiceRoute][] =>
  routes.map((route) => [labelOf(route), route])

const jsonType = { 'content-type': 'application/json' }
const formType = { 'content-type': 'application/x-www-form-urlencoded' }

/** Sends each input; fails with those that were answered in another way than `status` says. */
async function refuses(
  route: ServiceRoute,
  inputs: Readonly<Record<string, Sent>>,
  status: number,
): Promise<void> {
  const answers = await Promise.all(
    Object.entries(inputs).map(async ([what, sent]) => [what, await ask(route, sent)] as const),
  )
  const wrong = answers.filter(([, answer]) => answer.status !== status)
  expect(wrong.map(([what, answer]) => `${what}: ${answer.status} ${answer.text}`)).toEqual([])
  for (const [, answer] of answers) expectProblem(answer, status)
}

test('every route that takes a body has a sample here', () => {
  expect(Object.keys(bodySamples).sort()).toEqual(withBody.map(labelOf).sort())
})

describe.each(labelled(withBody))('%s', (label, route) => {
  const sample: BodySample = bodySamples[label] ?? { fields: {} }
  const accepts = route.accepts ?? ['json']
  const takesJson = accepts.includes('json')
  const limit = route.bodyLimit ?? 64 * 1024
  const good = validBody(sample)
  /** The good body with changes, in the encoding that the route takes. */
  const encoded = (body: Readonly<Record<string, unknown>>): Sent => {
    if (takesJson) return { json: body }
    const pairs = Object.entries(body).map(([name, value]) => [name, String(value)] as const)
    return { form: Object.fromEntries(pairs) }
  }

  test('refuses every wrong value of every field', async () => {
    const inputs: Record<string, Sent> = {}
    for (const [name, { wrong }] of Object.entries(sample.fields)) {
      for (const value of wrong) {
        inputs[`${name} = ${JSON.stringify(value).slice(0, 80)}`] = encoded({
          ...good,
          [name]: value,
        })
      }
    }
    await refuses(route, inputs, 422)
  })
  test('refuses a body without what it needs, and with what it does not know', async () => {
    const inputs: Record<string, Sent> = {}
    for (const [name, { optional }] of Object.entries(sample.fields)) {
      if (!optional) inputs[`without ${name}`] = encoded({ ...good, [name]: undefined })
    }
    for (const [name, value] of Object.entries(strangers)) {
      if (Object.hasOwn(sample.fields, name) || sample.ignored?.includes(name)) continue
      inputs[`with ${JSON.stringify(name)}`] = encoded({ ...good, [name]: value })
    }
    await refuses(route, takesJson ? inputs : onlyStrangers(inputs), 422)
  })
  test.if(takesJson)('refuses what is not JSON, and JSON that is no object', async () => {
    const texts = [
      '{',
      '}',
      '{"a":}',
      "{'a':1}",
      '{a:1}',
      '{"a":1}x',
      '{"a":1,}',
      '[1,]',
      'nul',
      'undefined',
      'NaN',
      '{"a":NaN}',
      '{"a":0x10}',
      '{"a":"\u0001"}',
      '// x\n{}',
      'null',
      'true',
      '1',
      '1e400',
      '"text"',
      '[]',
      '[{}]',
      ...(route.bodyOptional === true ? [] : ['', ' ']),
    ]
    const numbers = Object.keys(sample.fields).map((name) => {
      // Infinity, once parsed.
      return JSON.stringify({ ...good, [name]: '@' }).replace('"@"', '1e400')
    })
    const inputs = [...texts, ...numbers].map(
      (body) => [body.slice(0, 80), { body, headers: jsonType }] as const,
    )
    await refuses(route, Object.fromEntries(inputs), 422)
  })
  test.if(!takesJson)('refuses a form that is broken, or says a thing twice', async () => {
    const broken = ['username=%zz', 'username=%ff&password=x', 'password=%', '%00%zz=1', '']
    const twice = [
      'username=a&username=b&password=c',
      'username=a&password=b&grant_type=password&password=c',
    ]
    const inputs = [...broken, ...twice].map((body) => [body, { body, headers: formType }] as const)
    await refuses(route, Object.fromEntries(inputs), 422)
  })
  test('refuses broken UTF-8', async () => {
    const [open, close] = takesJson ? ['{"full_name":"', '"}'] : ['username=', '&password=secret']
    const broken = [[0xff], [0xc3], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]]
    const inputs = broken.map((bytes) => {
      const body = new Uint8Array(
        Buffer.concat([Buffer.from(open), Buffer.from(bytes), Buffer.from(close)]),
      )
      return [bytes.join(' '), { body, headers: takesJson ? jsonType : formType }] as const
    })
    const wide = new Uint8Array(Buffer.from(JSON.stringify(good), 'utf16le'))
    const utf16 = { body: wide, headers: takesJson ? jsonType : formType }
    // Text of two bytes a letter is a form of one odd name, which no route knows.
    await refuses(route, { ...Object.fromEntries(inputs), utf16 }, 422)
  })
  test('refuses JSON that is 20,000 levels deep', async () => {
    const arrays = '['.repeat(20_000) + ']'.repeat(20_000)
    const body = takesJson ? arrays : `username=${encodeURIComponent(arrays)}`
    const sent = { body, headers: takesJson ? jsonType : formType }
    await refuses(route, { arrays: sent }, body.length > limit ? 413 : 422)
    const objects = '{"a":'.repeat(20_000) + '1' + '}'.repeat(20_000)
    await refuses(route, { objects: { body: objects, headers: jsonType } }, 413)
    const modest = '['.repeat(1_000) + ']'.repeat(1_000)
    await refuses(route, { modest: { body: modest, headers: jsonType } }, takesJson ? 422 : 415)
  })
  test('refuses a body of 10 MB, and one byte past its limit', async () => {
    const headers = takesJson ? jsonType : formType
    const inputs = {
      'ten megabytes': { body: ' '.repeat(10_000_000), headers },
      'one byte more': { body: ' '.repeat(limit + 1), headers },
    }
    await refuses(route, inputs, 413)
  })
  test('refuses a body that does not say how long it is, once it is past the limit', async () => {
    const token = tokenFor(route)
    const head = rawHead(route.method, filled(route.path, newId()), {
      ...(takesJson ? jsonType : formType),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      'transfer-encoding': 'chunked',
    })
    const chunk = `${(20_000).toString(16)}\r\n${' '.repeat(20_000)}\r\n`
    const send = (chunks: number) =>
      sendRaw(shop.ports[route.service], head, ...Array.from({ length: chunks }, () => chunk))
    // The last of these chunks passes the limit; nothing stays unread that would reset the connection.
    expectRawProblem(await send(Math.floor(limit / 20_000) + 1), 413)
    const { status } = await send(500)
    expect([0, 413]).toContain(status)
  })
  test('refuses other content types', async () => {
    const types = [
      'text/plain',
      'text/plain; charset=application/json',
      'multipart/form-data; boundary=x',
      'application/xml',
      'application/jsonp',
      'application/json-patch+json',
      'application',
      '*/*',
      takesJson ? 'image/json' : 'application/json',
      accepts.includes('form') ? 'application/x-www-form' : formType['content-type'],
    ]
    const body = JSON.stringify(good)
    const inputs = types.map((type) => [type, { body, headers: { 'content-type': type } }] as const)
    const bytes = new TextEncoder().encode(body)
    await refuses(route, { ...Object.fromEntries(inputs), 'no type': { body: bytes } }, 415)
  })
})

/** A form has no types and no way to leave a field out but to leave it out. */
const onlyStrangers = (inputs: Readonly<Record<string, Sent>>): Record<string, Sent> =>
  Object.fromEntries(Object.entries(inputs).filter(([what]) => what.startsWith('with ')))

describe('paths', () => {
  const withParams = allRoutes.filter(({ path }) => path.includes(':'))
  test.each(labelled(withParams))('%s refuses what is no UUID', async (label, route) => {
    const body = validBody(bodySamples[label] ?? { fields: {} })
    const sent = { token: tokenFor(route), ...(route.body !== undefined && { json: body }) }
    const ids = [
      '7',
      'null',
      newId().slice(1),
      `${newId()}0`,
      `%7B${newId()}%7D`,
      `${newId()}%00`,
      `${newId()}%0d%0aX: 1`.replace(' ', '%20'),
      '%00',
      "'%20OR%201=1%20--",
      '..%2f..%2fetc%2fpasswd',
      '%2e%2e%2f%2e%2e%2fkeys',
      '%F0%9F%8D%90',
      'x'.repeat(4_000),
    ]
    for (const id of ids) {
      const path = filled(route.path, id)
      const answer = await client.call(route.service, route.method, path, sent)
      expectProblem(answer, 422, 'validation_failed')
    }
    for (const id of ['%zz', '%ff', '%c0%af', '%e2%82', '%']) {
      const path = filled(route.path, id)
      const answer = await client.call(route.service, route.method, path, sent)
      expectProblem(answer, 400, 'bad_request')
    }
  })
  test.each(labelled(allRoutes.filter(({ query }) => query !== undefined)))(
    '%s refuses a query that is not percent-encoded UTF-8',
    async (_label, route) => {
      for (const query of ['x=%zz', 'x=%ff', '%=1', 'limit=%']) {
        const path = `${filled(route.path, newId())}?${query}`
        const token = tokenFor(route)
        const answer = await client.call(route.service, route.method, path, { token })
        expectProblem(answer, 422, 'validation_failed')
      }
    },
  )

  const methods: readonly Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
  const places = new Map<string, Set<string>>()
  for (const { service, path, method } of allRoutes) {
    const place = `${service} ${path}`
    places.set(place, (places.get(place) ?? new Set()).add(method))
  }
  test.each([...places])('%s refuses other methods and says which it takes', async (place, own) => {
    const [service = '', path = ''] = place.split(' ')
    const allowed = [...own, ...(own.has('GET') ? ['HEAD'] : []), 'OPTIONS'].sort()
    for (const method of methods) {
      if (own.has(method)) continue
      // The name comes from the table of services.
      const name = service as ServiceName
      const answer = await client.call(name, method, filled(path, newId()), { token: admin })
      expectProblem(answer, 405, 'method_not_allowed')
      expect(answer.headers.get('allow')?.split(', ').sort()).toEqual(allowed)
    }
  })
})

function expectRawProblem(answer: RawAnswer, status: number): void {
  expect([answer.status, answer.headers['content-type']]).toEqual([
    status,
    'application/problem+json',
  ])
  const document = conform(ProblemDocument, JSON.parse(answer.body))
  expect(document.status).toBe(status)
  expect(Object.keys(errors)).toContain(document.code)
}

/** Of each process a route that reads its body before anything else can be wrong. */
const readsBody: Readonly<Record<ProcessName, readonly [string, string]>> = {
  catalog: ['POST', '/products/'],
  cart: ['POST', '/cart/items'],
  order: ['POST', '/orders/'],
  user: ['PUT', '/users/me'],
  gateway: ['PUT', '/user-api/users/me'],
}

/** Refusals of Bun itself, before a request exists that we could answer. */
const ownOfBun = [400, 431, 505]

describe.each([...processes])('raw requests to %s', (name) => {
  const raw = (...parts: readonly (string | Uint8Array)[]) => sendRaw(shop.ports[name], ...parts)

  test('a path or query past 8 KiB is 414', async () => {
    for (const target of [`/${'x'.repeat(8_200)}`, `/?q=${'x'.repeat(8_200)}`]) {
      const answer = await raw(rawHead('GET', target))
      // The gateway passes on what is behind its prefixes, and has no such page itself.
      if (name === 'gateway' && answer.status !== 414) {
        expect([302, 404]).toContain(answer.status)
      } else expectRawProblem(answer, 414)
    }
    if (name !== 'gateway') return
    expectRawProblem(await raw(rawHead('GET', `/api/${'x'.repeat(8_200)}`)), 414)
  })
  test('headers past 16 KiB and a flood of them are refused', async () => {
    const long = await raw(rawHead('GET', `/${'x'.repeat(20_000)}`))
    expect(long.status).toBe(431)
    const wide = await raw(rawHead('GET', '/', { 'x-wide': 'x'.repeat(20_000) }))
    expect(wide.status).toBe(431)
    const flood = Array.from({ length: 5_000 }, (_, at) => [`x-${at}`, 'x'] as const)
    const many = await raw(rawHead('GET', '/', Object.fromEntries(flood)))
    expect(many.status).toBe(431)
  })
  test('control characters and broken request lines never reach a handler', async () => {
    for (const bytes of [
      'GET /a\u0000b HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
      'GET /a\tb HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
      'GET /a b HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
      'GET nowhere HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
      'GET / HTTP/9.9\r\nhost: x\r\nconnection: close\r\n\r\n',
      'GET / HTTP/1.1\r\nhost : x\r\nconnection: close\r\n\r\n',
      'GET / HTTP/1.1\r\nhost: x\r\nbad\u0000name: 1\r\nconnection: close\r\n\r\n',
      '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003',
      'nonsense\r\n\r\n',
    ]) {
      const answer = await raw(bytes)
      expect([bytes, [0, ...ownOfBun].includes(answer.status)]).toEqual([bytes, true])
    }
  })
  test('a body with two lengths, or none that is a number, is refused', async () => {
    const [method, path] = readsBody[name]
    const headers = { authorization: `Bearer ${admin}`, ...jsonType }
    for (const framing of [
      { 'content-length': '-1' },
      { 'content-length': 'ten' },
      { 'content-length': '1, 2' },
      { 'content-length': '4', 'transfer-encoding': 'chunked' },
      { 'transfer-encoding': 'gzip, chunked, identity' },
    ]) {
      const answer = await raw(rawHead(method, path, { ...headers, ...framing }), '{}\r\n')
      expect([framing, answer.status >= 400 || answer.status === 0]).toEqual([framing, true])
    }
    const chunked = { ...headers, 'transfer-encoding': 'chunked' }
    const bad = await raw(rawHead(method, path, chunked), 'zz\r\n{}\r\n0\r\n\r\n')
    expect([0, 400]).toContain(bad.status)
  })
  test('other methods are refused', async () => {
    for (const method of ['TRACE', 'CONNECT', 'BREW', 'PROPFIND', 'get', 'G\u0000T']) {
      const { status } = await raw(rawHead(method, '/health/live'))
      expect([method, status === 0 || (status >= 400 && status < 600)]).toEqual([method, true])
    }
  })
})

describe('the gateway', () => {
  const raw = (method: string, target: string, token?: string) =>
    sendRaw(
      shop.ports.gateway,
      rawHead(method, target, {
        'content-length': '0',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      }),
    )

  const disguises = (prefix: string, hidden: string): readonly string[] => {
    const first = hidden.slice(0, 1)
    const code = `%${first.charCodeAt(0).toString(16)}`
    const rest = hidden.slice(1)
    return [
      `/${hidden}`,
      `//${hidden}`,
      `///${hidden}`,
      `/./${hidden}`,
      `/x/../${hidden}`,
      `/products/../${hidden}`,
      `/../${prefix.slice(1)}/${hidden}`,
      `/%2e/${hidden}`,
      `/x/%2e%2e/${hidden}`,
      `/x/%2E%2e/${hidden}`,
      `/x/..%2f${hidden}`,
      `/x%2f..%2f${hidden}`,
      `/%2f${hidden}`,
      `/%5c${hidden}`,
      `/\\${hidden}`,
      `\\${hidden}`,
      `/x/..\\${hidden}`,
      `/;/${hidden}`,
      `/;x=1/${hidden}`,
      `/..;/${hidden}`,
      `/x/..;/${hidden}`,
      `/${hidden.replace('/', ';x=1/')}`,
      `/${code}${rest}`,
      `/${code.toUpperCase()}${rest}`,
      `/%25${code.slice(1)}${rest}`,
      `/${hidden.toUpperCase()}`,
      `/${hidden}/`,
      `/${hidden}//`,
      `/${hidden}?x=1`,
      `/${hidden}%00`,
      `/%00/${hidden}`,
      `/%09${hidden}`,
      `/%20${hidden}`,
      `/%0d%0a/${hidden}`,
      `/%c0%ae%c0%ae/${hidden}`,
      `/${hidden}%2f`,
      `/${hidden}#x`,
    ].map((path) => prefix + path)
  }

  test.each([
    ['/api', 'catalog', 'internal/products/lookup', 'cart'],
    ['/cart-api', 'cart', 'internal/cart', 'user'],
    ['/order-api', 'order', 'internal/spending', 'user'],
    ['/user-api', 'user', 'internal/revocations', 'order'],
    ['/api', 'catalog', 'metrics', 'order'],
    ['/user-api', 'user', 'metrics', 'order'],
  ] as const)('hides %s of %s, %s, in every disguise', async (prefix, service, hidden, caller) => {
    const token = tokens.service(caller, service)
    const twisted = `/x/..${prefix}/${hidden}`
    const encodedPrefix = `/%61${prefix.slice(2)}/${hidden}`
    const targets = [
      ...disguises(prefix, hidden),
      twisted,
      encodedPrefix,
      `/${prefix}/${hidden}`,
      `${prefix.toUpperCase()}/${hidden}`,
      `http://shop.test${prefix}/${hidden}`,
      `/docs/..${prefix}/${hidden}`,
      `/${hidden}`,
    ]
    for (const target of targets) {
      for (const method of ['GET', 'POST']) {
        const answer = await raw(method, target, token)
        expect([method, target, [400, 404, 505].includes(answer.status)]).toEqual([
          method,
          target,
          true,
        ])
      }
    }
  })
  test('shows only what lies in its folders', async () => {
    const good = await raw('GET', '/profiles/flame.html')
    expect([good.status, good.body]).toEqual([200, '<p>flame</p>'])
    expect((await raw('GET', '/profiles/')).body).not.toContain('hidden')
    const ways = [
      '../secret',
      '../../secret',
      '%2e%2e/secret',
      '%2e%2e%2fsecret',
      '..%2fsecret',
      '..%5csecret',
      '..\\secret',
      '%252e%252e%252fsecret',
      '%c0%ae%c0%ae/secret',
      '....//secret',
      './../secret',
      'flame.html/../../secret',
      'flame.html%2f..%2f..%2fsecret',
      'flame.html%00',
      'flame.html%00.png',
      'flame.html/',
      '/flame.html',
      'link',
      '.hidden/file',
      '.hidden',
      '%2ehidden/file',
      `%2f${folder.slice(1)}/secret`,
      `${folder}/secret`,
      '/etc/passwd',
      '%2fetc%2fpasswd',
      '..;/secret',
      'C:%5csecret',
      '~root',
    ]
    for (const prefix of ['/profiles/', '/docs/']) {
      for (const way of ways) {
        const answer = await raw('GET', prefix + way)
        expect([prefix + way, [302, 400, 404].includes(answer.status)]).toEqual([
          prefix + way,
          true,
        ])
        expect(answer.body).not.toContain(secret)
        expect(answer.body).not.toContain('root:')
        if (answer.status !== 302) expectRawProblem(answer, answer.status)
      }
    }
  })
  test('refuses bodies and shapes as the services do', async () => {
    const token = admin
    const call = (sent: Sent) =>
      client.call('gateway', 'POST', '/api/products/', { token, ...sent })
    expectProblem(await call({ body: '{', headers: jsonType }), 422, 'validation_failed')
    expectProblem(await call({ body: 'x'.repeat(10_000_000), headers: jsonType }), 413)
    const deep = '['.repeat(20_000) + ']'.repeat(20_000)
    expectProblem(await call({ body: deep, headers: jsonType }), 422, 'validation_failed')
    expectProblem(await client.get('gateway', '/api/products/%zz'), 400, 'bad_request')
    expectProblem(await client.get('gateway', '/api/products/%00'), 400, 'bad_request')
    expectProblem(await client.get('gateway', '/api/products/7'), 422, 'validation_failed')
  })
})
