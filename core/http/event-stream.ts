/** Server-sent events (WHATWG HTML, section 9.2): their bytes, and a body that is made at its reader's pace. */

export interface ServerSentEvent {
  /** What a client that comes back names in `Last-Event-ID`. */
  readonly id: string
  readonly event: string
  readonly data: string
}

export interface EventStreamOptions {
  /** Where a client goes on that comes back before its first event. */
  readonly startId: string
  /** Milliseconds after which a client whose stream ended comes back. */
  readonly retry: number
  /**
   * The events that were not read yet, oldest first and at most a page of them; asked again until it
   * answers none, and from then on after each wake. When it rejects, the stream ends: its client
   * comes back with the last id that it has seen.
   */
  readonly read: () => Promise<readonly ServerSentEvent[]>
  /** Called once, however the stream ends; with the error of `read` where that was the reason. */
  readonly onEnd: (error?: unknown) => void
}

export interface EventStream {
  readonly body: ReadableStream<Uint8Array>
  /** There may be something new to read. */
  wake(): void
  /** Sends a comment if the reader waits; one that still has bytes to take needs no sign of life. */
  beat(): void
  end(): void
}

/** Headers of the answer; the last one keeps nginx from collecting events before it passes them on. */
export const eventStreamHeaders = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
} as const

const encoder = new TextEncoder()
const heartbeat = encoder.encode(': heartbeat\n\n')

/**
 * Builds a stream. Nothing is read before its reader asks for bytes, so a slow reader costs one page
 * at most, and one that never reads costs none.
 */
export function createEventStream(options: EventStreamOptions): EventStream {
  let over = false
  let opened = false
  /** There may be events that no read has seen. */
  let fresh = true
  let beatDue = false
  let controller: ReadableStreamDefaultController<Uint8Array> | null = null
  /** Set while the reader waits and there is nothing for it. */
  let resume: (() => void) | null = null

  function rouse(): void {
    resume?.()
    resume = null
  }

  function finish(error?: unknown): boolean {
    if (over) return false
    over = true
    rouse()
    options.onEnd(error)
    return true
  }

  function end(error?: unknown): void {
    if (finish(error)) controller?.close()
  }

  /** The next bytes, as soon as there are any; null when the stream is over. */
  async function next(): Promise<Uint8Array | null> {
    while (!over) {
      if (!opened) {
        opened = true
        return opening(options)
      }
      if (fresh) {
        // Before the read: a wake while it runs may be about what it does not see.
        fresh = false
        const events = await options.read()
        if (events.length === 0) continue
        fresh = true
        return encoder.encode(events.map(formatEvent).join(''))
      }
      if (beatDue) {
        beatDue = false
        return heartbeat
      }
      await new Promise<void>((resolve) => {
        resume = resolve
      })
    }
    return null
  }

  const body = new ReadableStream<Uint8Array>(
    {
      start(own) {
        controller = own
      },
      async pull(own) {
        try {
          const bytes = await next()
          if (bytes !== null && !over) own.enqueue(bytes)
        } catch (error) {
          end(error)
        }
      },
      cancel() {
        finish()
      },
    },
    // Without a queue of its own the stream is pulled only when its reader has room.
    { highWaterMark: 0 },
  )

  return {
    body,
    wake() {
      fresh = true
      rouse()
    },
    beat() {
      if (resume === null) return
      beatDue = true
      rouse()
    },
    end: () => end(),
  }
}

/**
 * One event as bytes of the stream.
 *
 * @throws TypeError for an id or a name of more than one line, which would become fields of its own
 */
export function formatEvent({ id, event, data }: ServerSentEvent): string {
  const lines = data.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`)
  return `id: ${oneLine(id)}\nevent: ${oneLine(event)}\n${lines.join('')}\n`
}

/** Makes the client see an open stream, and gives it an id to come back with before its first event. */
const opening = ({ startId, retry }: EventStreamOptions): Uint8Array =>
  encoder.encode(`: open\nretry: ${retry}\nid: ${oneLine(startId)}\n\n`)

function oneLine(text: string): string {
  // Clients ignore an id that holds NUL (section 9.2.6).
  if (/[\r\n\0]/.test(text)) throw new TypeError('The id and name of an event must be one line.')
  return text
}
