/** Event streams: the format, the reader's pace, waking, heartbeats and every way to an end. */
import { describe, expect, test } from 'bun:test'
import { createEventStream, formatEvent, type ServerSentEvent } from './event-stream.ts'

const eventOf = (id: number): ServerSentEvent => ({ id: String(id), event: 'news', data: `${id}` })
const textOf = (id: number): string => formatEvent(eventOf(id))

/** A stream over a growing list of numbers, with all that happened to it. */
function streamOf(options: { readonly page?: number } = {}) {
  const rows: number[] = []
  const seen = { reads: 0, ends: [] as unknown[], failure: null as Error | null }
  let sent = 0
  const stream = createEventStream({
    startId: '7',
    retry: 1000,
    async read() {
      seen.reads++
      if (seen.failure !== null) throw seen.failure
      const events = rows.slice(sent, sent + (options.page ?? 10)).map(eventOf)
      sent += events.length
      return events
    },
    onEnd: (error) => seen.ends.push(error),
  })
  const reader = stream.body.getReader()
  return {
    stream,
    reader,
    rows,
    seen,
    /** The next bytes as text; null at the end. */
    async next(): Promise<string | null> {
      const { done, value } = await reader.read()
      return done ? null : new TextDecoder().decode(value)
    },
  }
}

/** All that is due right now has run. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

const opening = ': open\nretry: 1000\nid: 7\n\n'
const heartbeat = ': heartbeat\n\n'

describe('the format', () => {
  test('has a line for each field and a blank one at the end', () => {
    const event = { id: '12', event: 'order-status', data: '{"a":1}' }
    expect(formatEvent(event)).toBe('id: 12\nevent: order-status\ndata: {"a":1}\n\n')
  })

  test('data of several lines stays data, however its lines end', () => {
    const event = { id: '1', event: 'x', data: 'a\nid: 9\r\nb\rc' }
    expect(formatEvent(event)).toBe('id: 1\nevent: x\ndata: a\ndata: id: 9\ndata: b\ndata: c\n\n')
  })

  test('an id or a name cannot smuggle in a field', () => {
    for (const bad of ['1\n', '1\rdata: x', '1\0']) {
      expect(() => formatEvent({ id: bad, event: 'x', data: '' })).toThrow(TypeError)
      expect(() => formatEvent({ id: '1', event: bad, data: '' })).toThrow(TypeError)
    }
  })
})

describe('a stream', () => {
  test('opens at once with a comment, the time to come back and the place to go on from', async () => {
    const { next, seen } = streamOf()
    expect(await next()).toBe(opening)
    expect(seen.reads).toBe(0)
  })

  test('sends what is there page by page, and what comes later after a wake', async () => {
    const { stream, next, rows } = streamOf({ page: 2 })
    rows.push(1, 2, 3)
    await next()
    expect(await next()).toBe(textOf(1) + textOf(2))
    expect(await next()).toBe(textOf(3))
    const waiting = next()
    await settled()
    rows.push(4)
    stream.wake()
    expect(await waiting).toBe(textOf(4))
  })

  test('reads nothing for a reader that has no room, whatever happens', async () => {
    const { stream, next, rows, seen } = streamOf({ page: 1 })
    rows.push(...Array.from({ length: 1_000 }, (_, index) => index))
    for (let times = 0; times < 100; times++) {
      stream.wake()
      stream.beat()
      await settled()
    }
    expect(seen.reads).toBe(0)
    await next()
    expect(await next()).toBe(textOf(0))
    await settled()
    expect(seen.reads).toBe(1)
  })

  test('misses no wake that comes while it reads', async () => {
    let finishRead = (): void => {}
    const rows: number[] = []
    const stream = createEventStream({
      startId: '0',
      retry: 1,
      async read() {
        const events = rows.splice(0).map(eventOf)
        await new Promise<void>((resolve) => {
          finishRead = resolve
        })
        return events
      },
      onEnd() {},
    })
    const reader = stream.body.getReader()
    await reader.read()
    const waiting = reader.read()
    await settled()
    rows.push(1)
    stream.wake()
    finishRead()
    await settled()
    finishRead()
    expect(new TextDecoder().decode((await waiting).value)).toBe(textOf(1))
  })

  test('beats only while its reader waits, and once for one that was away', async () => {
    const { stream, next } = streamOf()
    await next()
    stream.beat()
    const waiting = next()
    await settled()
    stream.beat()
    stream.beat()
    expect(await waiting).toBe(heartbeat)
    const idle = next()
    await settled()
    stream.end()
    expect(await idle).toBeNull()
  })
})

describe('the end', () => {
  test('comes at once for a reader that waits, and is told once', async () => {
    const { stream, next, seen } = streamOf()
    await next()
    const waiting = next()
    await settled()
    stream.end()
    stream.end()
    expect(await waiting).toBeNull()
    expect(seen.ends).toEqual([undefined])
  })

  test('comes before anything was read, and nothing is read after it', async () => {
    const { stream, next, rows, seen } = streamOf()
    rows.push(1)
    stream.end()
    stream.wake()
    expect(await next()).toBeNull()
    expect([seen.reads, seen.ends.length]).toEqual([0, 1])
  })

  test('a reader that goes away ends it, also one that never read or is being served', async () => {
    for (const before of [0, 1, 2]) {
      const { reader, stream, next, seen } = streamOf()
      for (let reads = 0; reads < Math.min(before, 1); reads++) await next()
      if (before === 2) void next()
      await reader.cancel()
      stream.wake()
      stream.beat()
      stream.end()
      await settled()
      expect(seen.ends).toEqual([undefined])
    }
  })

  test('an end during a read drops what the read brings: the client asks for it again', async () => {
    const { stream, next, rows, seen } = streamOf()
    rows.push(1)
    await next()
    const waiting = next()
    stream.end()
    expect(await waiting).toBeNull()
    expect(seen.ends).toEqual([undefined])
  })

  test('a read that fails ends it with its error, and the reader sees a plain end', async () => {
    const { next, seen } = streamOf()
    seen.failure = new Error('no store')
    await next()
    expect(await next()).toBeNull()
    expect(seen.ends).toEqual([seen.failure])
  })
})
