/** A node joins, a keyspace gets a second replica, a node dies for good and is replaced: no row is lost. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Cluster } from '../../scripts/cassandra/cluster.ts'
import { canRunCassandra, startCluster, type TestCluster } from '../support/cassandra.ts'
import { until } from '../support/until.ts'
import { clientOf, fill, rowsOf } from './rows.ts'

const patience = 600_000

describe.skipIf(!canRunCassandra)('a cluster', () => {
  let first: TestCluster
  let cluster: Cluster
  let before: readonly string[]

  beforeAll(async () => {
    first = await startCluster(1, 63)
    cluster = first
    const client = clientOf(first.addresses)
    await fill(client)
    before = await rowsOf(client)
    await client.shutdown()
  }, patience)
  afterAll(async () => {
    for (const { number } of cluster?.nodes ?? []) await cluster.kill(number)
    await first?.remove()
  }, patience)

  /** What clients find who know only this node. */
  async function seenBy(number: number): Promise<readonly string[]> {
    const address = cluster.nodes[number - 1]?.address ?? ''
    const client = clientOf([address])
    try {
      return await rowsOf(client)
    } finally {
      await client.shutdown()
    }
  }

  /** Kills a node and waits until the other one knows: until then it may ask the dead one for rows. */
  async function lose(number: number, other: number): Promise<void> {
    await cluster.kill(number)
    await until(`node ${other} knows`, () => /^DN /m.test(nodetool(other, 'status')), 60_000)
  }

  function nodetool(number: number, ...words: readonly string[]): string {
    const { exitCode, stdout, stderr } = cluster.nodetool(number, words)
    expect({ words, exitCode, stderr: exitCode === 0 ? '' : stderr.toString() }).toMatchObject({
      exitCode: 0,
    })
    return stdout.toString()
  }

  test(
    'gives half of its rows to a node that joins',
    async () => {
      cluster = await cluster.add()
      const status = nodetool(1, 'status', 'shop_a')
      expect(status.match(/^UN .* 50\.0%/gm)).toHaveLength(2)
      for (const { number } of cluster.nodes) {
        // It looks at files alone.
        nodetool(number, 'flush')
        nodetool(number, 'cleanup')
        const stats = nodetool(number, 'tablestats', 'shop_a.rows')
        const partitions = Number(/Number of partitions \(estimate\): (\d+)/.exec(stats)?.[1])
        expect(partitions).toBeGreaterThan(80)
        expect(partitions).toBeLessThan(220)
      }
      expect(await seenBy(2)).toEqual(before)
    },
    patience,
  )

  test(
    'has every row twice after the keyspaces were told so and repaired',
    async () => {
      const client = clientOf([cluster.nodes[0]?.address ?? ''])
      for (const name of ['shop_a', 'shop_b']) {
        await client.execute(
          `ALTER KEYSPACE ${name} WITH replication = {'class': 'NetworkTopologyStrategy', 'datacenter1': 2}`,
          [],
          { prepare: false },
        )
        nodetool(1, 'repair', '--full', name)
      }
      await client.shutdown()
      await lose(1, 2)
      expect(await seenBy(2)).toEqual(before)
    },
    patience,
  )

  test(
    'fills a node again whose files are lost',
    async () => {
      await cluster.replace(1)
      await cluster.up()
      await lose(2, 1)
      expect(await seenBy(1)).toEqual(before)
    },
    patience,
  )
})
