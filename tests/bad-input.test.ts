/** What no good client sends: every write route refuses it, writes nothing, and goes on living. */
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { newId } from '../core/values/ids.ts'
import { serviceNames, type ServiceName } from '../core/values/service-name.ts'
import { bodySamples, strangers, validBody, type BodySample } from './support/body-samples.ts'
import { clientOf } from './support/client.ts'
import { expectProblem, expectRawProblem } from './support/expect-problem.ts'
import { rawHead, sendRaw } from './support/raw.ts'
import { allRoutes, filled, type ServiceRoute } from './support/route-tables.ts'
import type { Answered, Method, Sent } from './support/send.ts'
import { startShop } from './support/shop.ts'
import { watchOver } from './support/unharmed.ts'

const shop = await startShop({ products: 8 })
afterAll(shop.stop)

const client = clientOf(shop)
const person = await client.register()
const admin = await client.demoAdmin()
const unharmed = watchOver(shop)
beforeEach(unharmed.before)
afterEach(unharmed.after)

/** Whoever may call the route, so that nothing but the input is wrong. */
function tokenFor({ access, service }: ServiceRoute): string | undefined {
  if (access === 'public') return undefined
  if (access === 'admin') return admin
  if (access === 'user') return person.token
  const [first] = [access].flat()
  const caller = serviceNames.find((name) => first === `service:${name}`)
  if (caller === undefined) throw new Error(`Nobody may call with ${String(access)}.`)
  return client.tokens.service(caller, service)
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

/** Sends each input; fails with those that were answered with another status or for another reason. */
async function refuses(
  route: ServiceRoute,
  inputs: Readonly<Record<string, Sent>>,
  status: number,
  reason?: string,
): Promise<void> {
  const answers = await Promise.all(
    Object.entries(inputs).map(async ([what, sent]) => [what, await ask(route, sent)] as const),
  )
  const wrong = answers.filter(([, answer]) => answer.status !== status)
  expect(wrong.map(([what, answer]) => `${what}: ${answer.status} ${answer.text}`)).toEqual([])
  for (const [what, answer] of answers) {
    const { errors } = expectProblem(answer, status)
    if (reason !== undefined) {
      expect([what, errors?.map(({ message }) => message)]).toEqual([what, [reason]])
    }
  }
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
  if (takesJson)
    test('refuses what is not JSON, and JSON that is no object', async () => {
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
  if (!takesJson)
    test('refuses a form that is broken, or says a thing twice', async () => {
      const broken = ['username=%zz', 'username=%ff&password=x', 'password=%', '%00%zz=1', '']
      const twice = [
        'username=a&username=b&password=c',
        'username=a&password=b&grant_type=password&password=c',
      ]
      const inputs = [...broken, ...twice].map(
        (body) => [body, { body, headers: formType }] as const,
      )
      await refuses(route, Object.fromEntries(inputs), 422)
    })
  test('refuses broken UTF-8, whatever else is right', async () => {
    const [open, close] = takesJson ? ['{"full_name":"', '"}'] : ['username=', '&password=secret']
    const broken = [[0xff], [0xc3], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]]
    const headers = takesJson ? jsonType : formType
    const inputs = broken.map((bytes) => {
      const parts = [Buffer.from(open), Buffer.from(bytes), Buffer.from(close)]
      return [bytes.join(' '), { body: new Uint8Array(Buffer.concat(parts)), headers }] as const
    })
    await refuses(route, Object.fromEntries(inputs), 422, 'not valid UTF-8')
    const utf16 = { body: new Uint8Array(Buffer.from(JSON.stringify(good), 'utf16le')), headers }
    await refuses(route, { utf16 }, 422)
  })
  if (takesJson) {
    test('refuses JSON that is 20,000 levels deep, for that alone', async () => {
      const nested = (levels: number): Sent => ({
        body: '['.repeat(levels) + ']'.repeat(levels),
        headers: jsonType,
      })
      const deepest = Math.min(20_000, limit / 2)
      const inputs = { 'as deep as fits': nested(deepest), 'a thousand': nested(1_000) }
      await refuses(route, inputs, 422, 'nested deeper than 32 levels')
      const objects = '{"a":'.repeat(20_000) + '1' + '}'.repeat(20_000)
      await refuses(route, { objects: { body: objects, headers: jsonType } }, 413)
    })
  }
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

const withoutBody = writes.filter(({ body, access }) => body === undefined && access !== 'public')
test.each(labelled(withoutBody))('%s takes no harm from a body', async (_label, route) => {
  for (const body of ['{', ' '.repeat(10_000_000)]) {
    const answer = await ask(route, { token: undefined, body, headers: jsonType })
    expectProblem(answer, 401, 'not_authenticated')
  }
})

describe('paths', () => {
  // A category is a name, not an id.
  const withParams = allRoutes.filter(
    ({ path }) => path.includes(':') && !path.includes(':category'),
  )
  test.each(labelled(withParams))('%s refuses what is no UUID', async (label, route) => {
    const body = validBody(bodySamples[label] ?? { fields: {} })
    const sent = { token: tokenFor(route), ...(route.body !== undefined && { json: body }) }
    const ids = [
      '7',
      'null',
      newId().slice(1),
      `${newId()}0`,
      `%7B${newId()}%7D`,
      "'%20OR%201=1%20--",
      '%F0%9F%8D%90',
      'x'.repeat(4_000),
    ]
    for (const id of ids) {
      const path = filled(route.path, id)
      const answer = await client.call(route.service, route.method, path, sent)
      expectProblem(answer, 422, 'validation_failed')
    }
    // Targets that no service takes, whatever the route; core/http has the list.
    const bad = [
      `${newId()}%00`,
      `${newId()}%0d%0aX:%201`,
      '%00',
      '..%2f..%2fetc%2fpasswd',
      '%2e%2e%2f%2e%2e%2fkeys',
    ]
    for (const id of [...bad, '%zz', '%ff', '%c0%af', '%e2%82', '%']) {
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
