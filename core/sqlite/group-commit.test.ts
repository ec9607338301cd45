/** Group commit: one transaction a turn, and no command pays for another's failure. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Problem } from '../http/problem.ts'
import { groupCommit, type GroupCommit } from './group-commit.ts'

let folder: string
let connection: DatabaseSync
let reader: DatabaseSync
let commits: number
let writer: GroupCommit

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'group-commit-'))
  connection = new DatabaseSync(join(folder, 'a.db'))
  connection.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA busy_timeout = 0;
    CREATE TABLE entries (id INTEGER PRIMARY KEY) STRICT;
    CREATE TABLE children (
      entry INTEGER NOT NULL REFERENCES entries DEFERRABLE INITIALLY DEFERRED
    ) STRICT;`)
  reader = new DatabaseSync(join(folder, 'a.db'))
  commits = 0
  writer = make(100)
})

afterEach(() => {
  connection.close()
  reader.close()
  rmSync(folder, { recursive: true })
})

const make = (maxBatch: number, lockPatience = 60_000) =>
  groupCommit(connection, { maxBatch, lockPatience, observeCommit: () => void (commits += 1) })

const insert = (id: number) => () => {
  connection.prepare('INSERT INTO entries VALUES (?)').run(id)
  return id
}

/** What another connection sees, which is what has been committed. */
const committed = (): unknown[] =>
  reader
    .prepare('SELECT id FROM entries ORDER BY id')
    .all()
    .map((row) => row.id)

const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.catch((error: unknown) => (error instanceof Problem ? error.code : String(error)))

describe('a batch', () => {
  test('takes all commands of one turn into one transaction, in their order', async () => {
    const order: number[] = []
    const writes = [3, 1, 2].map((id) =>
      writer.write(() => {
        order.push(id)
        return insert(id)()
      }),
    )
    expect(order).toEqual([])
    expect(await Promise.all(writes)).toEqual([3, 1, 2])
    expect(order).toEqual([3, 1, 2])
    expect(commits).toBe(1)
    expect(committed()).toEqual([1, 2, 3])
  })

  test('acknowledges a command only when others can see it', async () => {
    let seenInside: unknown[] = ['not run']
    await writer.write(() => {
      insert(1)()
      seenInside = committed()
    })
    expect(seenInside).toEqual([])
    expect(committed()).toEqual([1])
  })

  test('is bounded; the rest follows in the next turns, still in order', async () => {
    writer = make(10)
    const ids = Array.from({ length: 25 }, (_, index) => index + 1)
    const finished: number[] = []
    await Promise.all(
      ids.map((id) => writer.write(insert(id)).then((written) => finished.push(written))),
    )
    expect(commits).toBe(3)
    expect(finished).toEqual(ids)
    expect(committed()).toEqual(ids)
  })

  test('lets a command queue another one, which runs in a later batch', async () => {
    const later: Promise<number>[] = []
    await writer.write(() => {
      later.push(writer.write(insert(2)))
      return insert(1)()
    })
    await Promise.all(later)
    expect(commits).toBe(2)
    expect(committed()).toEqual([1, 2])
  })
})

describe('a command that throws', () => {
  test('undoes its own changes alone and rejects its own promise alone', async () => {
    const broken = writer.write(() => {
      insert(2)()
      throw new Error('broken')
    })
    const results = await Promise.all(
      [writer.write(insert(1)), broken, writer.write(insert(3))].map(outcome),
    )
    expect(results).toEqual([1, 'Error: broken', 3])
    expect(committed()).toEqual([1, 3])
    expect(commits).toBe(1)
  })

  test('passes on a broken constraint as it is', async () => {
    const results = await Promise.all(
      [insert(1), insert(1)].map((each) => outcome(writer.write(each))),
    )
    expect(results[0]).toBe(1)
    expect(results[1]).toContain('UNIQUE constraint failed')
    expect(committed()).toEqual([1])
  })

  test('is what an asynchronous command counts as', async () => {
    const result = await outcome(
      writer.write(async () => {
        insert(1)()
        throw new Error('after')
      }),
    )
    expect(result).toContain('must be synchronous')
    expect(committed()).toEqual([])
  })
})

describe('when the store fails', () => {
  test('a failed commit rejects every command of the batch, and none has happened', async () => {
    const orphan = () => connection.prepare('INSERT INTO children VALUES (99)').run()
    const results = await Promise.all(
      [writer.write(insert(1)), writer.write(orphan), writer.write(insert(2))].map(outcome),
    )
    expect(results).toEqual(Array(3).fill('store_unavailable'))
    expect(committed()).toEqual([])
    expect(await writer.write(insert(4))).toBe(4)
  })

  test('a lock held for too long is a 503 that says when to come back, of what is never done', async () => {
    writer = make(100, 20)
    reader.exec('BEGIN IMMEDIATE')
    const error = await writer.write(insert(1)).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(Problem)
    expect(error).toMatchObject({ code: 'store_unavailable', headers: { 'retry-after': '1' } })
    reader.exec('ROLLBACK')
    expect(await writer.write(insert(2))).toBe(2)
    expect(committed()).toEqual([2])
  })

  test('a lock is waited for outside of the event loop, and all that waited comes in order', async () => {
    writer = make(2)
    const order: number[] = []
    reader.exec('BEGIN IMMEDIATE')
    const writes = [1, 2, 3].map((id) =>
      writer.write(() => {
        order.push(id)
        return insert(id)()
      }),
    )
    // The lock's own holder needs the loop to give it back, and reads go on meanwhile.
    for (let turn = 0; turn < 20; turn += 1) await Bun.sleep(1)
    expect([order, connection.prepare('SELECT * FROM entries').all(), writer.queued()]).toEqual([
      [],
      [],
      3,
    ])
    expect(() => writer.check()).not.toThrow()
    reader.exec('ROLLBACK')
    expect(await Promise.all(writes)).toEqual([1, 2, 3])
    expect(committed()).toEqual([1, 2, 3])
  })

  test('an end under a lock waits for it, and then all that was queued is there', async () => {
    reader.exec('BEGIN IMMEDIATE')
    const write = writer.write(insert(1))
    const closed = writer.close()
    expect(await outcome(writer.write(insert(2)))).toBe('store_unavailable')
    reader.exec('ROLLBACK')
    await closed
    expect(await write).toBe(1)
    expect(committed()).toEqual([1])
  })

  test('of a commit that fails with an I/O error nobody says that it has not happened', async () => {
    const fixture = join(import.meta.dir, 'group-commit.fixture.ts')
    const command = 'ulimit -f 2048 && exec "$0" "$@"'
    const child = Bun.spawn(
      ['sh', '-c', command, process.execPath, fixture, join(folder, 'limited.db')],
      { stdout: 'pipe', stderr: 'inherit' },
    )
    expect(await child.stdout.text()).toBe('outcome_unknown\nstore_unavailable\n')
  })

  test('the check finds out by itself that writing works again', async () => {
    connection.exec('CREATE TABLE blobs (bytes BLOB)')
    const { page_count: pages } = connection.prepare('PRAGMA page_count').get() ?? {}
    connection.exec(`PRAGMA max_page_count = ${Number(pages)}`)
    const large = () => connection.prepare('INSERT INTO blobs VALUES (zeroblob(1000000))').run()
    connection.exec('PRAGMA query_only = ON')
    expect(await outcome(writer.write(large))).toBe('store_unavailable')
    expect(() => writer.check()).toThrow('not available')
    connection.exec('PRAGMA query_only = OFF')
    for (;;) {
      try {
        writer.check()
        break
      } catch {
        await Bun.sleep(20)
      }
    }
    expect(await writer.write(insert(1))).toBe(1)
  })

  test('a full disk fails what did not fit, and what was acknowledged is there', async () => {
    connection.exec('CREATE TABLE blobs (bytes BLOB)')
    const { page_count: pages } = connection.prepare('PRAGMA page_count').get() ?? {}
    connection.exec(`PRAGMA max_page_count = ${Number(pages) + 2}`)
    const large = () => connection.prepare('INSERT INTO blobs VALUES (zeroblob(1000000))').run()
    const [first, full] = await Promise.all(
      [writer.write(insert(1)), writer.write(large)].map(outcome),
    )
    expect(full).toBe('store_unavailable')
    expect(committed()).toEqual(first === 1 ? [1] : [])
    expect(await writer.write(insert(2))).toBe(2)
  })
})

test('close commits what is queued and refuses what comes later', async () => {
  const queued = writer.write(insert(1))
  writer.close()
  expect(committed()).toEqual([1])
  expect(await queued).toBe(1)
  expect(await outcome(writer.write(insert(2)))).toBe('store_unavailable')
})

test('it is not built without its bound', () => {
  expect(() => make(Number.NaN)).toThrow('maxBatch must be a whole number of at least 1')
})
