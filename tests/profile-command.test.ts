/** `npm run profile` against a running shop: load, four profiles, a summary, and an end by itself. */
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

test('it takes a profile of each of the four operations', async () => {
  const ran = await run('--url', `${shop.urls.gateway}/`, '--seconds', '2', '--clients', '4')
  expect(ran).toMatchObject({ errors: '', code: 0 })
  for (const [service, operation] of [
    ['catalog', 'get_products'],
    ['cart', 'add_to_cart'],
    ['order', 'create_order'],
    ['user', 'get_user_profile'],
  ] as const) {
    const files = readdirSync(join(shop.directory, 'profiles', service))
    const page = files.find((file) => file.endsWith(`-${operation}.html`))
    expect(ran.output).toContain(`${shop.urls.gateway}/profiles/${service}/${page}`)
    const line = new RegExp(
      `^${operation} \\(${service}\\): \\d+ req/s, .*; (\\d+) of (\\d+) samples$`,
      'm',
    )
    const [, own, all] = line.exec(ran.output) ?? []
    expect(Number(own)).toBeGreaterThan(0)
    expect(Number(own)).toBeLessThan(Number(all))
    // The handler is on top of what takes the time with what it calls; a cached page has one as well.
    expect(ran.output).toMatch(new RegExp(`\\d %  ${operation}  services/${service}/routes\\.ts`))
  }
}, 120_000)

test('it says what it cannot do', async () => {
  const nobody = await run('--url', shop.urls.gateway, '--admin', 'nobody', '--seconds', '1')
  expect([nobody.code, nobody.errors.trim()]).toEqual([1, 'nobody cannot sign in: 401.'])
  for (const wrong of [['--seconds', '0'], ['--clients', 'many'], ['--none']]) {
    const { code, errors } = await run(...wrong)
    expect([wrong, code]).toEqual([wrong, 2])
    expect(errors).toContain('Usage: npm run profile')
  }
}, 60_000)
