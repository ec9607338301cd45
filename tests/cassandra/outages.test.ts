/** The driver kit on three real nodes that are paused and killed: who is asked, what is said, how it heals. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { openKeyspace, type Keyspace } from '../../core/cassandra/keyspace.ts'
import { settle } from '../../core/cassandra/settle.ts'
import { OutcomeUnknown } from '../../core/http/outcome-unknown.ts'
import { createLogger } from '../../core/logging/logger.ts'
import { newId } from '../../core/values/ids.ts'
import { canRunCassandra, startCluster, type TestCluster } from '../support/cassandra.ts'

const patience = 300_000

/** Waits for a condition, and says how long it took. */
async function until(done: () => boolean | Promise<boolean>, what: string): Promise<number> {
  const start = performance.now()
  while (!(await done())) {
    if (performance.now() - start > patience) throw new Error(`Waited in vain for ${what}.`)
    await Bun.sleep(20)
  }
  return Math.round(performance.now() - start)
}

function statementsOf(keyspace: Keyspace) {
  return {
    read: keyspace.read<[string], { value: number }>('SELECT value FROM a WHERE id = ?', 'read'),
    readSerial: keyspace.read<[string], { value: number; writer: string }>(
      'SELECT value, writer FROM a WHERE id = ?',
      'read_serial',
      { serial: true },
    ),
    create: keyspace.conditional<[string, number, string]>(
      'INSERT INTO a (id, value, writer) VALUES (?, ?, ?) IF NOT EXISTS',
      'create',
    ),
  }
}

describe.skipIf(!canRunCassandra)('three nodes', () => {
  let cluster: TestCluster
  let keyspace: Keyspace
  let cql: ReturnType<typeof statementsOf>
  const known: string[] = []

  beforeAll(async () => {
    cluster = await startCluster(3, 31)
    keyspace = await openKeyspace({
      contactPoints: cluster.addresses,
      datacenter: 'datacenter1',
      credentials: null,
      service: 'test',
      keyspace: 'outages',
      replication: 3,
      migrations: [
        {
          version: 1,
          name: 'a',
          cql: `CREATE TABLE IF NOT EXISTS a (id uuid PRIMARY KEY, value int, writer uuid)
            WITH speculative_retry = '50ms'`,
        },
      ],
      log: createLogger({ service: 'test', level: 'silent' }),
    })
    cql = statementsOf(keyspace)
    await keyspace.prepare()
    for (let value = 0; value < 30; value += 1) {
      const id = newId<string>()
      const writer = newId<string>()
      await settle(
        () => cql.create.run(id, value, writer),
        async () => (await cql.readSerial.get(id))?.writer === writer,
      )
      known.push(id)
    }
    // Nodes that have just started need longer than a read may take, also when nobody is paused.
    await load(after(3_000))
  }, patience)
  afterAll(async () => {
    await keyspace?.close()
    await cluster?.remove()
  }, patience)

  const stateOf = (number: number) =>
    keyspace.nodes().find(({ address }) => address === `${cluster.addresses[number - 1]}:9042`)
      ?.state
  const isOut = (number: number) => stateOf(number) !== 'up'
  const allIn = () => [1, 2, 3].every((number) => stateOf(number) === 'up')

  const readAll = () => Promise.allSettled(known.map((id) => cql.read.get(id)))
  const create = async (id: string, writer: string) =>
    settle(
      () => cql.create.run(id, 1, writer),
      async () => (await cql.readSerial.get(id))?.writer === writer,
      { attempts: 10 },
    )

  /** Calls without a pause until `end` says so; every read must succeed. */
  async function load(end: () => boolean) {
    let failed = 0
    let slowest = 0
    let reads = 0
    while (!end()) {
      const start = performance.now()
      const results = await readAll()
      slowest = Math.max(slowest, performance.now() - start)
      failed += results.filter(({ status }) => status === 'rejected').length
      reads += results.length
      await Bun.sleep(5)
    }
    return { failed, reads, slowest: Math.round(slowest) }
  }

  test(
    'a paused node is asked last, and again when it goes on',
    async () => {
      let over = false
      const reading = load(() => over)
      cluster.pause(2)
      const gone = await until(() => isOut(2), 'the node to leave')
      const during = await load(after(2_000))
      cluster.resume(2)
      const back = await until(allIn, 'the node to return')
      over = true
      const throughout = await reading
      console.log(
        `paused node left after ${gone} ms, returned after ${back} ms; ${throughout.reads} reads, ` +
          `slowest 30 while it left ${throughout.slowest} ms, after it ${during.slowest} ms`,
      )
      expect(keyspace.isOpen()).toBe(false)
      expect(during.failed).toBe(0)
      expect(throughout.failed).toBe(0)
    },
    patience,
  )

  test(
    'conditional writes that a paused coordinator holds are settled, each to one outcome',
    async () => {
      const writes = Array.from({ length: 60 }, () => ({
        id: newId<string>(),
        writer: newId<string>(),
      }))
      let unknown = 0
      cluster.pause(3)
      const settled = writes.map(async ({ id, writer }) => {
        try {
          return await settle(
            () =>
              cql.create.run(id, 1, writer).catch((error: unknown) => {
                if (error instanceof OutcomeUnknown) unknown += 1
                throw error
              }),
            async () => (await cql.readSerial.get(id))?.writer === writer,
            { attempts: 10 },
          )
        } catch {
          return null
        }
      })
      const outcomes = await Promise.all(settled)
      cluster.resume(3)
      await until(allIn, 'the node to return')
      console.log(
        `${unknown} outcomes were unknown, ${outcomes.filter((each) => each === null).length} stayed so`,
      )
      // A third of the partitions has its first replica on that node.
      expect(unknown).toBeGreaterThan(0)
      for (const [index, { id, writer }] of writes.entries()) {
        const fence = newId<string>()
        const late = await create(id, fence)
        // What was told applied stands; what stayed unknown is fenced now, or had taken effect.
        if (outcomes[index] !== null) expect(late.applied).toBe(false)
        expect((await cql.readSerial.get(id))?.writer).toBe(late.applied ? fence : writer)
      }
    },
    patience,
  )

  test(
    'a killed node costs no read, and is used again when it is back',
    async () => {
      let over = false
      const reading = load(() => over)
      await cluster.kill(2)
      await Bun.sleep(2_000)
      expect((await create(newId<string>(), newId<string>())).applied).toBe(true)
      await cluster.start(2)
      await until(allIn, 'the node to be used again')
      over = true
      const { failed, reads, slowest } = await reading
      console.log(`killed node: ${reads} reads, ${failed} failed, slowest 30 took ${slowest} ms`)
      expect(failed).toBe(0)
    },
    patience,
  )

  test(
    'when all are gone, calls fail at once and recover by themselves',
    async () => {
      for (const number of [1, 2, 3]) cluster.pause(number)
      const opening = await until(async () => {
        await readAll()
        return keyspace.isOpen()
      }, 'the breaker to open')
      const refused: number[] = []
      const end = after(3_000)
      while (!end()) {
        const start = performance.now()
        for (const call of [
          () => cql.read.get(known[0] ?? ''),
          () => cql.create.run(newId<string>(), 1, newId<string>()),
          () => keyspace.check(),
        ]) {
          const failure = await call().then(
            () => null,
            (error: unknown) => error,
          )
          expect(failure).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
          // Nothing was sent, so nothing is in doubt.
          expect(failure).not.toBeInstanceOf(OutcomeUnknown)
        }
        refused.push(performance.now() - start)
        await Bun.sleep(10)
      }
      for (const number of [1, 2, 3]) cluster.resume(number)
      const healing = await until(
        async () => (await readAll()).every(({ status }) => status === 'fulfilled'),
        'all reads to succeed again',
      )
      console.log(
        `paused cluster: open after ${opening} ms, three refusals took at most ` +
          `${Math.max(...refused).toFixed(1)} ms, healed ${healing} ms after the nodes went on`,
      )
      expect((await create(newId<string>(), newId<string>())).applied).toBe(true)
    },
    patience,
  )

  test(
    'the same when all were killed and start again',
    async () => {
      await Promise.all([1, 2, 3].map(cluster.kill))
      const opening = await until(async () => {
        await readAll()
        return keyspace.isOpen()
      }, 'the breaker to open')
      await cluster.up()
      const healing = await until(
        async () => (await readAll()).every(({ status }) => status === 'fulfilled'),
        'all reads to succeed again',
      )
      console.log(
        `killed cluster: open after ${opening} ms, healed ${healing} ms after all were up`,
      )
      for (const id of known) expect(await cql.read.get(id)).toBeDefined()
    },
    patience,
  )
})

/** True once so many milliseconds have passed. */
function after(milliseconds: number): () => boolean {
  const end = performance.now() + milliseconds
  return () => performance.now() >= end
}
