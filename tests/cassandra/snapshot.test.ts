/** A snapshot of real nodes: written, lost, put back, into the same cluster and into another one. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Client } from 'cassandra-driver'
import { restoreSnapshot, takeSnapshot } from '../../scripts/cassandra/snapshot.ts'
import { canRunCassandra, startCluster, type TestCluster } from '../support/cassandra.ts'
import { clientOf, fill, rowsOf, schemaOf } from './rows.ts'

const patience = 600_000
const say = (line: string): void => console.log(line)

const contents = async (client: Client) => [...(await rowsOf(client)), ...(await schemaOf(client))]

describe.skipIf(!canRunCassandra)('a snapshot', () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'shop-snapshot-')), 'monday')
  let first: TestCluster
  let client: Client
  let before: string[]

  beforeAll(async () => {
    first = await startCluster(1, 61)
    client = clientOf(first.addresses)
    await fill(client)
    before = await contents(client)
    await takeSnapshot(first, folder, 'shop', say)
  }, patience)
  afterAll(async () => {
    await client?.shutdown()
    await first?.remove()
    rmSync(folder, { recursive: true, force: true })
  }, patience)

  test('has a folder of its own and overwrites nothing', async () => {
    expect(before.length).toBeGreaterThan(500)
    await expect(takeSnapshot(first, folder, 'shop', say)).rejects.toThrow('is not empty')
    await expect(takeSnapshot(first, `${folder}-2`, 'none', say)).rejects.toThrow(
      'no keyspace of "none"',
    )
  })

  test('goes into no cluster that has these keyspaces, and is used only when it is complete', async () => {
    await expect(restoreSnapshot(first, folder, say)).rejects.toThrow(
      'shop_a, shop_b exist already',
    )
    const partial = mkdtempSync(join(tmpdir(), 'shop-snapshot-partial-'))
    writeFileSync(join(partial, 'schema.json'), '[]')
    await expect(restoreSnapshot(first, partial, say)).rejects.toThrow('no complete snapshot')
    rmSync(partial, { recursive: true })
  })

  test(
    'brings back what was dropped, and touches nobody else',
    async () => {
      await client.execute('INSERT INTO others.rows (id) VALUES (1)')
      for (const name of ['shop_a', 'shop_b']) {
        await client.execute(`DROP KEYSPACE ${name}`, [], { prepare: false })
      }
      await restoreSnapshot(first, folder, say)
      expect(await contents(client)).toEqual([...before])
      const others = await client.execute('SELECT id FROM others.rows')
      expect(others.rows).toHaveLength(1)
    },
    patience,
  )

  test(
    'goes into a cluster of another shape after its own is gone for good',
    async () => {
      await first.remove()
      const second = await startCluster(2, 62)
      const reader = clientOf(second.addresses)
      try {
        await restoreSnapshot(second, folder, say)
        expect(await contents(reader)).toEqual([...before])
        // What each node holds is its own share: each row once, as there is one replica of it.
        for (const { number } of second.nodes) {
          second.nodetool(number, ['flush'])
          const { stdout } = second.nodetool(number, ['tablestats', 'shop_a.rows'])
          const partitions = /Number of partitions \(estimate\): (\d+)/.exec(stdout.toString())?.[1]
          expect(Number(partitions)).toBeGreaterThan(80)
          expect(Number(partitions)).toBeLessThan(220)
        }
      } finally {
        await reader.shutdown()
        await second.remove()
      }
    },
    patience,
  )
})
