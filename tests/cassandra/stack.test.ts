/** `npm run stack -- --store cassandra`: the node is a part like others, is missed at once, and stops with them. */
import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { canRunCassandra } from '../support/cassandra.ts'
import { lackingData, queriesOf } from '../support/dashboards.ts'
import { eventually } from '../support/ledger.ts'
import { lives, patience, stackPrograms, testStack } from '../support/stack.ts'
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
  const running = await stack.up(5 * patience)
  const node = stack.pidOf('cassandra')
  const shop = `http://127.0.0.1:${stack.portOf('nginx')}`

  test('is up with a node of its own, scraped as well', async () => {
    expect(running.output()).toMatch(/Cassandra +well +[\d.]+ s +\d+ MiB +one node, CQL on 127\./)
    const { code, output } = await stack.ask('status')
    expect([code, output]).toEqual([0, expect.stringMatching(/Cassandra +well/)])
    const scraped = async () => (await stack.scraped()).includes('cassandra')
    await eventually('the node is scraped', scraped, patience)
  })

  test('sells, and every panel of the node and of the services shows it', async () => {
    let isOver = false
    const buy = async (): Promise<void> => {
      while (!isOver) await tellStory(shop, 1)
    }
    const buyers = buy()
    try {
      const prometheus = `http://127.0.0.1:${stack.portOf('prometheus')}`
      // Four scrapes of the node, which is not asked more often than every five seconds.
      const span = { window: '20s', patience: 2 * patience }
      for (const board of ['cassandra', 'catalog', 'cart', 'order', 'user']) {
        const all = queriesOf(board)
        const own = all.filter(({ expr }) => board === 'cassandra' || expr.includes('cassandra_'))
        expect([board, own.length]).not.toEqual([board, 0])
        expect(await lackingData(prometheus, own, span)).toEqual([])
      }
    } finally {
      isOver = true
      await buyers
    }
    for (const metric of ['cassandra_nodes{state="up"} == 1', 'cassandra_breaker_open == 0']) {
      const jobs = (await stack.query(metric)).map(({ job }) => job).sort()
      expect([metric, jobs]).toEqual([metric, ['cart', 'catalog', 'order', 'user']])
    }
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
    await tellStory(shop, 1)
  })

  test('stops with its node', async () => {
    expect((await stack.ask('stop')).code).toBe(0)
    expect(await running.child.exited).toBe(0)
    expect(lives(node)).toBe(false)
    const log = readFileSync(join(stack.data, 'logs/cassandra.log'), 'utf8')
    // In good order, not killed.
    expect(log).toContain('Stop listening for CQL clients')
  })

  test('does not look for the node where it never was', async () => {
    const { child, output } = stack.run(
      ...['--without', 'jaeger,locust', '--ports-from', String(stack.portOf('nginx'))],
      ...['--store', 'cassandra', '--cassandra-address', '127.0.64.99'],
    )
    expect(await child.exited).toBe(1)
    expect(output()).toContain(`holds a cluster at ${address} with metrics on`)
    expect(output()).toContain('Cassandra could not be brought up.')
  })
})
