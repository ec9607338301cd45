/** A Telegram of our own: takes what a bot sends and keeps it. */

export interface SentMessage {
  readonly path: string
  readonly body: Readonly<Record<string, unknown>>
}

export interface TestTelegram {
  readonly url: string
  readonly messages: readonly SentMessage[]
  /** The texts of all messages that hold a part. */
  texts(part?: string): readonly string[]
  /** True once a message has said that the alert fires, or that it is over. */
  told(what: 'firing' | 'resolved', alertname: string, job: string): boolean
  stop(): Promise<void>
}

export function startTelegram(): TestTelegram {
  const messages: SentMessage[] = []
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      const body = (await request.json()) as SentMessage['body']
      messages.push({ path: new URL(request.url).pathname, body })
      const chat = { id: 1, type: 'private' }
      return Response.json({ ok: true, result: { message_id: 1, date: 1, chat } })
    },
  })
  const texts = (part = ''): readonly string[] =>
    messages.map(({ body }) => String(body['text'])).filter((text) => text.includes(part))
  return {
    url: `http://127.0.0.1:${server.port}`,
    messages,
    texts,
    told: (what, alertname, job) =>
      texts().some((text) => {
        // One message may hold both: first what fires, then what is over.
        const [firing = '', over = ''] = text.split('<b>RESOLVED: ')
        return (what === 'firing' ? firing : over).includes(`<b>${alertname}</b>: ${job}`)
      }),
    stop: () => server.stop(true),
  }
}
