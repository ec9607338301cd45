/** `npm run stack -- --store cassandra`: the node is a part like others, is missed at once, and stops with them. */
import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { canRunCassandra } from '../support/cassandra.ts'
import { eventually } from '../support/ledger.ts'
import { lives, patience, stackPrograms, testStack, type StackRun } from '../support/stack.ts'
import { tellStory } from '../support/story.ts'
import { testsNeed } from '../support/tools.ts'

setDefaultTimeout(600_000)

const able = canRunCassandra && testsNeed(...stackPrograms)

describe.skipIf(!able)('a stack on Cassandra', async () => {
  if (!able) return
  const address = `127.${1 + (process.pid % 100)}.64.1`
  const stack = await testStack([
    ...['--without', 'jaeger,locust', '--fast'],
    ...['--store', 'cassandra', '--cassandra-address', address],
  ])
  afterAll(stack.stop)
  const { telegram } = stack
  let running: StackRun | null = null
  let node = 0

  test('is up with a node of its own, scraped as well, and sells', async () => {
    running = await stack.up(5 * patience)
    expect(running.output()).toMatch(/Cassandra +well +[\d.]+ s +\d+ MiB +one node, CQL on 127\./)
    node = stack.pidOf('cassandra')
    await eventually(
      'the node is scraped',
      async () => (await stack.scraped()).includes('cassandra'),
      patience,
    )
    await tellStory(`http://127.0.0.1:${stack.portOf('nginx')}`, 2)
    const sold = await stack.query('sum by (job) (cassandra_queries_total) > 0')
    expect(sold.map(({ job }) => job).sort()).toEqual(['cart', 'catalog', 'order', 'user'])
    const { code, output } = await stack.ask('status')
    expect([code, output]).toEqual([0, expect.stringMatching(/Cassandra +well/)])
  })

  test('tells of a node that hangs, and of the services that cannot reach it', async () => {
    process.kill(node, 'SIGSTOP')
    const told = (alert: string, job: string) => () => telegram.told('firing', alert, job)
    await eventually('the node was told', told('CassandraNodeDown', 'A'), patience)
    await eventually('order was told', told('CassandraUnreachable', 'order'), patience)
    expect((await stack.ask('status')).output).toMatch(/Cassandra +does not answer/)
    process.kill(node, 'SIGCONT')
    const over = () => telegram.told('resolved', 'CassandraUnreachable', 'order')
    await eventually('its end was told', over, patience)
    await tellStory(`http://127.0.0.1:${stack.portOf('nginx')}`, 1)
  })

  test('stops with its node', async () => {
    expect((await stack.ask('stop')).code).toBe(0)
    expect(await running?.child.exited).toBe(0)
    expect(lives(node)).toBe(false)
    const log = readFileSync(join(stack.data, 'stack/cassandra/node1/logs/system.log'), 'utf8')
    // In good order, not killed.
    expect(log).toContain('Stop listening for CQL clients')
  })
})
