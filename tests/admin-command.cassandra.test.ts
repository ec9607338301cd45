/** `npm run admin` for a shop whose users lie on Cassandra: beside its two copies, by its rules. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { hasCassandra } from '../core/cassandra/keyspace.fixture.ts'
import { clientOf, type Client } from './support/client.ts'
import { keyspacePrefix } from './support/keyspaces.ts'
import { eventually } from './support/ledger.ts'
import { runScript } from './support/scripts.ts'
import { startShop, type Shop } from './support/shop.ts'

const patience = 240_000
const cluster = {
  CASSANDRA_CONTACT_POINTS: process.env['CASSANDRA_TEST'] ?? '',
  CASSANDRA_REPLICATION: '1',
}

describe.skipIf(!hasCassandra)('an admin on Cassandra', () => {
  let shop: Shop
  let client: Client
  beforeAll(async () => {
    Object.assign(process.env, cluster)
    shop = await startShop({
      profile: 'production',
      processes: ['user'],
      store: 'cassandra',
      copies: 2,
    })
    client = clientOf(shop)
  }, patience)
  afterAll(async () => {
    await shop?.stop()
    for (const name of Object.keys(cluster)) delete process.env[name]
  }, patience)

  const admin = (args: readonly string[], input?: string) =>
    runScript('admin', ['--store', 'cassandra', ...args], input, {
      ...cluster,
      CASSANDRA_KEYSPACE_PREFIX: keyspacePrefix(shop.directory),
      PROFILE: 'production',
    })

  test(
    'is made beside the running service',
    async () => {
      const made = await admin(['--username', 'boss'], 'a long password\n')
      expect(made).toEqual({ code: 0, output: 'The admin "boss" can sign in now.' })
      const { access_token: token } = await client.login('boss', 'a long password')
      expect((await client.get('user', '/users/me', token)).json()).toMatchObject({
        username: 'boss',
        is_admin: true,
      })
      const again = await admin(['--username', 'BOSS'], 'another password\n')
      expect(again.code).toBe(1)
      expect(again.output).toContain('The username "BOSS" is taken')
    },
    patience,
  )

  test(
    'is made of a user, whose sessions of before end',
    async () => {
      const person = await client.register({ username: 'climber' })
      const before = await client.login('climber', person.password)
      const promoted = await admin(['--username', 'Climber', '--promote'])
      expect(promoted.code).toBe(0)
      expect(promoted.output).toContain('is an admin now')
      await eventually('the token of before is refused', async () => {
        return (await client.get('user', '/users/me', before.access_token)).status === 401
      })
      const { access_token: token } = await client.login('climber', person.password)
      expect((await client.get('user', '/users/me', token)).json()).toMatchObject({
        is_admin: true,
      })
      const twice = await admin(['--username', 'climber', '--promote'])
      expect(twice).toEqual({ code: 0, output: 'The user "climber" is an admin already.' })
      const nobody = await admin(['--username', 'nobody', '--promote'])
      expect(nobody.output).toBe('There is no user "nobody": leave out --promote to create one.')
    },
    patience,
  )
})
