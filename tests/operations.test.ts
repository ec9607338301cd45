/** What an operator does to a shop in use: makes an admin, takes a backup and puts it back. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import {
  bought,
  checkout,
  createBuyer,
  createProduct,
  inParallel,
  order,
} from './support/buyers.ts'
import type { Buyer } from './support/buyers.ts'
import { clientOf, type Client, type Tokens } from './support/client.ts'
import {
  eventually,
  expectStockFollowsOrders,
  openCheckouts,
  orderRecords,
  undelivered,
  visibleOrders,
} from './support/ledger.ts'
import { runScript } from './support/scripts.ts'
import { startShop, type Shop } from './support/shop.ts'

setDefaultTimeout(60_000)

const root = join(import.meta.dir, '..')
const folder = mkdtempSync(join(tmpdir(), 'operations-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** These commands are about SQLite files, whatever the other suites run on. */
const onFiles = { store: 'sqlite', copies: 1 } as const

const statusWith = async (client: Client, path: string, token: string): Promise<number> =>
  (await client.get('user', path, token)).status

describe('the first admin in production', () => {
  let shop: Shop
  let client: Client
  beforeAll(async () => {
    shop = await startShop({ profile: 'production', ...onFiles })
    client = clientOf(shop)
  })
  afterAll(() => shop.stop())

  const admin = (args: readonly string[], input?: string) =>
    runScript('admin', [...args, '--data', shop.directory], input)
  const product = { name: 'Груша', category: 'Фрукты', price: 10.5, stock_count: 10 }

  test('is made beside the running service and can do at once what an admin can', async () => {
    const made = await admin(['--username', 'boss'], 'a long password\n')
    expect(made).toEqual({ code: 0, output: 'The admin "boss" can sign in now.' })
    const { access_token: token } = await client.login('boss', 'a long password')
    const me = await client.get('user', '/users/me', token)
    expect(me.json()).toMatchObject({ username: 'boss', full_name: 'boss', is_admin: true })
    const answer = await client.call('catalog', 'POST', '/products/', { json: product, token })
    expect(answer.status).toBe(201)
  })

  test('has a name of its own, however it is written', async () => {
    const again = await admin(['--username', 'BOSS'], 'another password\n')
    expect(again.code).toBe(1)
    expect(again.output).toBe(
      'The username "BOSS" is taken: choose another, or make that user an admin with --promote.',
    )
    await client.login('boss', 'a long password')
  })

  test('keeps the rules of a registration, and has no password that the documentation prints', async () => {
    for (const [name, password, sentence] of [
      ['bo', 'a long password', 'The username must not have fewer than 3 characters.'],
      ['second', 'short', 'The password must not have fewer than 6 characters.'],
      ['second', 'admin123', 'That is the password of a demo account'],
      ['second', '', 'No password was given.'],
      ['second', 'two\nlines of it', 'A password is one line'],
    ] as const) {
      const outcome = await admin(['--username', name], password)
      expect(outcome.code).toBe(1)
      expect(outcome.output).toContain(sentence)
      if (password !== '') expect(outcome.output).not.toContain(password)
    }
    const users = rowsOf(join(shop.directory, 'user/user.db'), 'SELECT username FROM users')
    expect(users).toEqual([{ username: 'boss' }])
  })

  test('takes no password from the command line', async () => {
    const outcome = await admin(['--username', 'second', '--password=a long secret'])
    expect(outcome.code).toBe(2)
    expect(outcome.output).not.toContain('a long secret')
  })

  test('types a password that a terminal does not show, twice the same', async () => {
    const asked = await onTerminal(['a lost pasf\x7fsword\r', 'a lost password\r'])
    expect(asked.code).toBe(0)
    expect(asked.screen).toContain('Password: ')
    expect(asked.screen).toContain('The admin "typist" can sign in now.')
    expect(asked.screen).not.toMatch(/lost|pas[sf]w?o?r?d? ?\r/)
    await client.login('typist', 'a lost password')
    const differing = await onTerminal(['one password\r', 'other password\r'])
    expect(differing.code).toBe(1)
    expect(differing.screen).toContain('The two passwords differ.')
    const given = await onTerminal(['\x03'])
    expect(given.code).toBe(1)
    expect(given.screen).toContain('No password was given.')
  })

  /** Answers each question of the script on a terminal of its own. */
  async function onTerminal(answers: readonly string[]): Promise<{ code: number; screen: string }> {
    let screen = ''
    const decoder = new TextDecoder()
    const child = Bun.spawn(
      [process.execPath, 'scripts/admin.ts', '--username', 'typist', '--data', shop.directory],
      {
        cwd: root,
        env: { PATH: process.env['PATH'] ?? '', HOME: folder },
        terminal: {
          data(_terminal, bytes) {
            screen += decoder.decode(bytes, { stream: true })
          },
        },
      },
    )
    for (const [index, answer] of answers.entries()) {
      const question = index === 0 ? 'Password: ' : 'The same again: '
      await eventually(question, () => screen.includes(question))
      child.terminal?.write(answer)
    }
    return { code: await child.exited, screen }
  }

  test('makes others admins, whose tokens of before end everywhere', async () => {
    const person = await client.register({ username: 'climber' })
    const before = await client.login('climber', person.password)
    expect(await statusWith(client, '/users/me', before.access_token)).toBe(200)
    const promoted = await admin(['--username', 'Climber', '--promote'])
    expect(promoted.code).toBe(0)
    expect(promoted.output).toContain('is an admin now')

    for (const [service, path] of [
      ['user', '/users/me'],
      ['cart', '/cart/'],
      ['order', '/orders/'],
    ] as const) {
      await eventually(
        `${service} refuses the token of before`,
        async () => (await client.get(service, path, before.access_token)).status === 401,
      )
    }
    const form = { grant_type: 'refresh_token', refresh_token: before.refresh_token }
    expect((await client.call('user', 'POST', '/token', { form })).status).toBe(401)
    const { access_token: token } = await client.login('climber', person.password)
    expect((await client.get('user', '/users/me', token)).json()).toMatchObject({ is_admin: true })
    expect((await client.get('catalog', '/products/', token)).status).toBe(200)
  })

  test('takes an admin the rights, and refuses a user the log-in, with all sessions', async () => {
    const person = await client.register({ username: 'visitor' })
    const change = (...options: readonly string[]) => admin(['--username', 'visitor', ...options])
    const done = async (option: string, sentence: string) => {
      expect(await change(option)).toEqual({ code: 0, output: `The user "visitor" ${sentence}` })
    }
    const endedEverywhere = (token: string) =>
      eventually('all services refuse the token of before', async () => {
        const answers = await Promise.all([
          client.get('user', '/users/me', token),
          client.get('cart', '/cart/', token),
          client.get('order', '/orders/', token),
          client.get('catalog', '/products/', token),
        ])
        return answers.every(({ status }) => status === 401)
      })
    const signIn = () => client.login('visitor', person.password)

    expect((await change('--promote')).code).toBe(0)
    const asAdmin = await signIn()
    await done('--demote', 'is no admin any more. All sessions have ended.')
    await endedEverywhere(asAdmin.access_token)
    const asUser = await signIn()
    expect((await client.get('catalog', '/products/', asUser.access_token)).status).toBe(403)

    await done('--disable', 'cannot sign in any more. All sessions have ended.')
    await endedEverywhere(asUser.access_token)
    const wrong = { username: 'visitor', password: 'wrong password' }
    const right = { username: 'visitor', password: person.password }
    const answers = []
    for (const form of [wrong, right]) {
      const { status, json } = await client.call('user', 'POST', '/token', { form })
      const { code, detail } = json() as { code: string; detail: string }
      answers.push({ status, code, detail })
    }
    expect(answers[1]).toEqual(answers[0])
    expect(answers[0]).toMatchObject({ status: 401, code: 'login_failed' })
    const refresh = { grant_type: 'refresh_token', refresh_token: asUser.refresh_token }
    expect((await client.call('user', 'POST', '/token', { form: refresh })).status).toBe(401)
    await done('--disable', 'is disabled already. All sessions have ended.')

    await done('--enable', 'can sign in again.')
    await done('--enable', 'is not disabled.')
    expect((await client.get('user', '/users/me', (await signIn()).access_token)).status).toBe(200)
    expect((await change('--force')).code).toBe(2)
    expect((await change('--enable', '--disable')).code).toBe(2)
  })

  test('keeps the last admin who can sign in, unless it is forced', async () => {
    const boss = (...options: readonly string[]) => admin(['--username', 'boss', ...options])
    const all = (change: string) =>
      Promise.all(
        ['climber', 'typist'].map((name) => admin(['--username', name, change, '--force'])),
      )
    await all('--disable')
    for (const change of ['--demote', '--disable']) {
      expect(await boss(change)).toEqual({
        code: 1,
        output: '"boss" is the last admin who can sign in: make another one first, or add --force.',
      })
    }
    expect((await boss('--disable', '--force')).code).toBe(0)
    expect((await boss('--enable')).code).toBe(0)
    await Promise.all(['climber', 'typist'].map((name) => admin(['--username', name, '--enable'])))
  })

  test('says what cannot be promoted, and where there is nothing yet', async () => {
    const twice = await admin(['--username', 'boss', '--promote'])
    expect(twice).toEqual({ code: 0, output: 'The user "boss" is an admin already.' })
    const nobody = await admin(['--username', 'nobody', '--promote'])
    expect(nobody.code).toBe(1)
    expect(nobody.output).toBe('There is no user "nobody": leave out --promote to create one.')
    const empty = join(folder, 'empty')
    const early = await runScript(
      'admin',
      ['--username', 'boss', '--data', empty],
      'a long password\n',
    )
    expect(early.code).toBe(1)
    expect(early.output).toContain('There is no database')
    expect(existsSync(empty)).toBe(false)
  })
})

function rowsOf(file: string, sql: string): readonly unknown[] {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    return database.prepare(sql).all()
  } finally {
    database.close()
  }
}

describe('a backup of a shop that is selling', () => {
  let shop: Shop
  let restored: Shop | null = null
  const target = join(folder, 'elsewhere')
  let backup = ''
  /** Orders that were acknowledged before the backup was asked for, and who placed them. */
  const acknowledged: { buyer: Buyer; id: string; key: string; product: string }[] = []
  let certain = 0
  let person: { username: string; password: string }
  let tokens: Tokens

  beforeAll(async () => {
    shop = await startShop({ directory: join(folder, 'first'), ...onFiles })
    const client = clientOf(shop)
    person = await client.register({ username: 'anna' })
    tokens = await client.login(person.username, person.password)
  })
  afterAll(async () => {
    await Promise.all([shop.stop(), restored?.stop()])
  })

  /** What a crash at the moment of the backup would have left half-done. */
  const halfDoneIn = (from: string): number =>
    rowsOf(join(from, 'order.db'), "SELECT id FROM orders WHERE status = 'PENDING'").length +
    rowsOf(join(from, 'cart.db'), 'SELECT id FROM open_checkouts').length

  test('is one moment of it, taken in between half-done orders', async () => {
    const products = await Promise.all(
      Array.from({ length: 5 }, () => createProduct(shop, 100_000)),
    )
    let selling = true
    const placed = inParallel(24, 24, async (lane) => {
      for (let turn = 0; selling; turn++) {
        const buyer = createBuyer(shop)
        const product = products[(lane + turn) % products.length] ?? ''
        const key = `${lane}-${turn}`
        const item = { product_id: product, quantity: 1 }
        if (lane % 2 === 0) {
          const { id } = bought(await order(shop, buyer, [item], key))
          acknowledged.push({ buyer, id, key, product })
        } else {
          await buyer.call(shop.urls.cart, 'POST', '/cart/items', item)
          acknowledged.push({
            buyer,
            id: bought(await checkout(shop, buyer, key)).id,
            key,
            product,
          })
        }
      }
    })
    await eventually('orders are placed', () => acknowledged.length > 50)
    let halfDone = 0
    for (let attempt = 0; halfDone === 0; attempt++) {
      expect(attempt).toBeLessThan(10)
      certain = acknowledged.length
      backup = join(folder, `backup-${attempt}`)
      const taken = await runScript('backup', ['--to', backup, '--data', shop.directory])
      expect(taken).toMatchObject({ code: 0 })
      expect(taken.output).toContain('Backed up 4 databases')
      halfDone = halfDoneIn(backup)
    }
    selling = false
    await placed
    expect(acknowledged.length).toBeGreaterThan(certain)
    expect(readdirSync(backup).sort()).toEqual(
      ['cart.db', 'catalog.db', 'manifest.json', 'order.db', 'user.db'].sort(),
    )
    for (const name of readdirSync(backup)) {
      expect(statSync(join(backup, name)).mode & 0o777).toBe(0o600)
    }
    const manifest = readFileSync(join(backup, 'manifest.json'), 'utf8')
    const { writes_held_ms: held } = JSON.parse(manifest) as { writes_held_ms: number }
    console.log(`${halfDone} half-done at the backup; writes waited ${held} ms at most`)
  })

  test('is refused where there is one already, and for a folder without data', async () => {
    const taken = await runScript('backup', ['--to', backup, '--data', shop.directory])
    expect(taken.code).toBe(1)
    expect(taken.output).toContain(`The folder ${backup} is not empty`)
    const nothing = join(folder, 'backup-of-nothing')
    const empty = await runScript('backup', ['--to', nothing, '--data', join(folder, 'no-data')])
    expect(empty.code).toBe(1)
    expect(empty.output).toContain('There is no database')
    expect(existsSync(nothing) || existsSync(`${nothing}.partial`)).toBe(false)
    expect((await runScript('backup', [])).code).toBe(2)
  })

  test('is not put back beneath a running service', async () => {
    const refused = await runScript('restore', ['--from', backup, '--data', shop.directory])
    expect(refused.code).toBe(1)
    expect(refused.output).toMatch(/^A process has .*catalog\.db open: stop the catalog service/)
    expect(readdirSync(shop.directory).filter((name) => name.startsWith('re'))).toEqual([])
  })

  test('that was changed is not put back, and what was there stays', async () => {
    const changed = join(folder, 'changed')
    cpSync(backup, changed, { recursive: true })
    const bytes = readFileSync(join(changed, 'order.db'))
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 7) ^ 1, bytes.length - 7)
    writeFileSync(join(changed, 'order.db'), bytes)
    const place = join(folder, 'untouched')
    mkdirSync(join(place, 'order'), { recursive: true })
    writeFileSync(join(place, 'order/order.db'), 'mine')
    const refused = await runScript('restore', ['--from', changed, '--data', place])
    expect(refused.code).toBe(1)
    expect(refused.output).toContain('order.db is not what the manifest says')
    expect(readFileSync(join(place, 'order/order.db'), 'utf8')).toBe('mine')
    expect(readdirSync(place).sort()).toEqual(['order', 'run'])
  })

  test('starts elsewhere, and what was half-done settles', async () => {
    await shop.stop()
    // Keys are kept apart from backups; here they come from the folder of the old shop.
    cpSync(shop.keysDir, join(target, 'keys'), { recursive: true })
    const outcome = await runScript('restore', ['--from', backup, '--data', target])
    expect(outcome.output).toStartWith('Restored the data of ')
    expect(outcome.code).toBe(0)
    const second = await startShop({ directory: target, ...onFiles })
    restored = second
    await eventually(
      'nothing is half-done and every order is delivered',
      async () =>
        (await openCheckouts(second)) === 0 &&
        (await undelivered(second)) === 0 &&
        (await orderRecords(second)).every(({ status }) => status !== 'PENDING') &&
        (await visibleOrders(second)).every(({ status }) => status === 'DELIVERED'),
      40_000,
    )
    await expectStockFollowsOrders(second)
    const ids = new Set((await visibleOrders(second)).map(({ id }) => id))
    expect(ids.size).toBeGreaterThanOrEqual(certain)
    for (const { id } of acknowledged.slice(0, certain)) expect(ids).toContain(id)
  })

  test('knows its users: old tokens are good, signing in works, keys are remembered', async () => {
    const second = restored
    if (second === null) throw new Error('The restored shop does not run.')
    const client = clientOf(second)
    expect(await statusWith(client, '/users/me', tokens.access_token)).toBe(200)
    const form = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }
    expect((await client.call('user', 'POST', '/token', { form })).status).toBe(200)
    await client.login(person.username, person.password)

    const [first] = acknowledged
    if (first === undefined) throw new Error('No order was acknowledged.')
    const item = { product_id: first.product, quantity: 1 }
    const again = await order(second, first.buyer, [item], first.key)
    expect(bought(again).id).toBe(first.id)
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    bought(await order(second, createBuyer(second), [item]))
  })

  test('goes over other data only by keeping that beside', async () => {
    await restored?.stop()
    const stored = { directory: target, store: 'sqlite' } as const
    const orders = (await orderRecords(stored)).length
    const outcome = await runScript('restore', ['--from', backup, '--data', target])
    expect(outcome.code).toBe(0)
    const [, aside = ''] = /What was there is in (.*)\.$/m.exec(outcome.output) ?? []
    expect(rowsOf(join(aside, 'order/order.db'), 'SELECT id FROM orders')).toHaveLength(orders)
    expect((await orderRecords(stored)).length).toBeLessThan(orders)
    expect(existsSync(join(target, 'restoring'))).toBe(false)
  })
})

test('every command of the documentation exists, with every option that is named there', async () => {
  const text = readFileSync(join(root, 'docs/operations.md'), 'utf8')
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Readonly<Record<string, string>>
  }
  const commands = [...text.matchAll(/npm (?:run )?(start|\w+) -- ([^\n#`|]*)/g)].map(
    ([, name = '', options = '']) => ({ name, options: options.match(/--[a-z-]+/g) ?? [] }),
  )
  const names = new Set(commands.map(({ name }) => name))
  expect([...names].sort()).toEqual(['admin', 'backup', 'keys', 'restore', 'start'])
  for (const name of names) {
    expect(scripts[name]).toBe(`node scripts/run.mjs scripts/${name}.ts`)
    const help = await runScript(name, ['--help'])
    expect(help.code).toBe(0)
    for (const option of commands
      .filter((each) => each.name === name)
      .flatMap((each) => each.options)) {
      expect(help.output).toContain(option)
    }
  }
})
