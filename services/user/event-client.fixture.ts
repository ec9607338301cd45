/** A client of event streams that reads them by the rules (WHATWG HTML, section 9.2.6), for tests. */

export interface ReceivedEvent {
  readonly id: string
  readonly event: string
  readonly data: unknown
}

export interface EventClient {
  readonly status: number
  readonly headers: Headers
  /** All that came so far; the same arrays keep growing. */
  readonly events: readonly ReceivedEvent[]
  readonly comments: readonly string[]
  /** What the next request would send as `Last-Event-ID`; empty when no id came yet. */
  lastEventId(): string
  /** Milliseconds that the server asks to wait before coming back; null until it has. */
  retry(): number | null
  /** Resolves when the condition holds; rejects when the stream ends before, or nothing helps. */
  until(what: string, condition: () => boolean): Promise<void>
  /** Resolves when the stream is over, whoever ended it. */
  readonly ended: Promise<void>
  close(): void
}

/** Milliseconds after which something that should have come is not coming. */
const patience = 15_000

/** Connects and reads on its own; a refusal is an answer with its status and no events. */
export async function listenToEvents(
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<EventClient> {
  const stop = new AbortController()
  const response = await fetch(url, { headers, signal: stop.signal, keepalive: false })
  const events: ReceivedEvent[] = []
  const comments: string[] = []
  let lastEventId = headers['last-event-id'] ?? ''
  let retry: number | null = null
  let over = false
  let changed = (): void => {}

  function take(block: string): void {
    let event = 'message'
    const data: string[] = []
    for (const line of block.split('\n')) {
      const [, field = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? []
      if (field === '') comments.push(value)
      else if (field === 'id') lastEventId = value
      else if (field === 'retry') retry = Number(value)
      else if (field === 'event') event = value
      else if (field === 'data') data.push(value)
      else throw new Error(`The stream has a field ${JSON.stringify(field)}.`)
    }
    // A block without data only remembers its id.
    if (data.length === 0) return
    events.push({ id: lastEventId, event, data: JSON.parse(data.join('\n')) })
  }

  async function read(): Promise<void> {
    const decoder = new TextDecoder()
    let rest = ''
    try {
      // A refusal is JSON; it is read as well, so that nothing stays open.
      for await (const chunk of response.body ?? []) {
        rest += decoder.decode(chunk, { stream: true })
        if (response.status !== 200) continue
        const blocks = rest.split('\n\n')
        // What follows the last blank line is not complete, and never counts when the stream breaks.
        rest = blocks.pop() ?? ''
        for (const block of blocks) take(block)
        changed()
      }
    } catch {
      // Cut off, by the server or by close().
    }
    over = true
    changed()
  }
  const ended = read()

  return {
    status: response.status,
    headers: response.headers,
    events,
    comments,
    ended,
    lastEventId: () => lastEventId,
    retry: () => retry,
    until: (what, condition) =>
      new Promise((resolve, reject) => {
        const give = (): void => {
          const got = JSON.stringify(events.slice(-5))
          reject(new Error(`${what}: not so after ${events.length} events, the last ${got}`))
        }
        const timer = setTimeout(give, patience)
        changed = () => {
          if (!condition() && !over) return
          clearTimeout(timer)
          changed = () => {}
          if (condition()) resolve()
          else give()
        }
        changed()
      }),
    close: () => stop.abort(),
  }
}
