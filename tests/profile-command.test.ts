/** `npm run profile` against a running shop: load, profiles, a summary, and an end by itself. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'bun:test'
import { startShop } from './support/shop.ts'

const shop = await startShop({ gateway: true, products: 160 })
afterAll(shop.stop)

const script = join(import.meta.dir, '../scripts/profile.ts')

async function run(...options: readonly string[]) {
  const child = Bun.spawn([process.execPath, script, ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [output, errors, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { output, errors, code }
}

test('it takes a profile of each of the four operations, and of those that are named', async () => {
  const few = ['--url', `${shop.urls.gateway}/`, '--seconds', '2', '--clients', '4'] as const
  const named = ['--operation', 'get_product', '--operation', 'list_orders'] as const
  const [ran, other] = [await run(...few), await run(...few, ...named)]
  expect([ran, other]).toMatchObject(Array(2).fill({ errors: '', code: 0 }))
  expect(ran.output.match(/^\w+ \(\w+\)/gm)).toHaveLength(4)
  expect(other.output.match(/^\w+ \(\w+\)/gm)).toHaveLength(2)
  for (const [output, service, operation] of [
    [ran.output, 'catalog', 'get_products'],
    [ran.output, 'cart', 'add_to_cart'],
    [ran.output, 'order', 'create_order'],
    [ran.output, 'user', 'get_user_profile'],
    [other.output, 'catalog', 'get_product'],
    [other.output, 'order', 'list_orders'],
  ] as const) {
    const files = readdirSync(join(shop.directory, 'profiles', service))
    const page = files.find((file) => file.endsWith(`-${operation}.html`))
    expect(output).toContain(`${shop.urls.gateway}/profiles/${service}/${page}`)
    const line = new RegExp(
      `^${operation} \\(${service}\\): \\d+ req/s, .*; (\\d+) of (\\d+) samples$`,
      'm',
    )
    const [, own, all] = line.exec(output) ?? []
    expect(Number(own)).toBeGreaterThan(0)
    expect(Number(own)).toBeLessThan(Number(all))
    // The handler is on top of what takes the time with what it calls; a cached page has one as well.
    expect(output).toMatch(new RegExp(`\\d %  ${operation}  services/${service}/routes\\.ts`))
  }
}, 120_000)

test('it says what it cannot do', async () => {
  const nobody = await run('--url', shop.urls.gateway, '--admin', 'nobody', '--seconds', '1')
  expect([nobody.code, nobody.errors.trim()]).toEqual([1, 'nobody cannot sign in: 401.'])
  for (const wrong of [
    ['--seconds', '0'],
    ['--clients', 'many'],
    ['--operation', 'no'],
    ['--none'],
  ]) {
    const { code, errors } = await run(...wrong)
    expect([wrong, code]).toEqual([wrong, 2])
    expect(errors).toContain('Usage: npm run profile')
  }
}, 60_000)
