/** The suite's side of the conversation with a subject: commands as calls, messages as promises. */
import type { Command, Message, Tell } from './subject.fixture.ts'

/** Where a subject lives: in this process or in another. */
export interface Connected {
  send(command: Command): void
  stop(): Promise<void>
}

export type Connect = (tell: Tell) => Promise<Connected>

export interface ControlledListening {
  readonly port: number
  drain(): Promise<void>
  close(): Promise<void>
}

/** What happens from the last `renew` on, each as soon as it does. */
export interface Events {
  readonly entered: PromiseWithResolvers<void>
  readonly aborted: PromiseWithResolvers<void>
  readonly cancelled: PromiseWithResolvers<void>
  readonly flooded: PromiseWithResolvers<void>
  readonly draining: PromiseWithResolvers<void>
  readonly bodyFailed: PromiseWithResolvers<{ readonly status: number }>
  /** What the engine told its owner. */
  readonly error: PromiseWithResolvers<string>
}

export interface Control {
  /** Rejects with the engine's error code. */
  listen(port?: number): Promise<ControlledListening>
  /** Shuts the gate and waits for everything anew. */
  renew(): Events
  /** Opens the gate. */
  open(): void
  stop(): Promise<void>
}

const newEvents = (): Events => ({
  entered: Promise.withResolvers(),
  aborted: Promise.withResolvers(),
  cancelled: Promise.withResolvers(),
  flooded: Promise.withResolvers(),
  draining: Promise.withResolvers(),
  bodyFailed: Promise.withResolvers(),
  error: Promise.withResolvers(),
})

export async function takeControl(connect: Connect): Promise<Control> {
  let events = newEvents()
  let ids = 0
  const answers = new Map<number, PromiseWithResolvers<Message>>()

  const subject = await connect((message) => {
    if ('id' in message) answers.get(message.id)?.resolve(message)
    else if (message.news === 'body failed') events.bodyFailed.resolve(message)
    else if (message.news === 'error') events.error.resolve(message.message)
    else events[message.news].resolve()
  })

  /** One answer to one command: a listener is asked one thing at a time. */
  function ask(id: number, command: Command): Promise<Message> {
    const answer = Promise.withResolvers<Message>()
    answers.set(id, answer)
    subject.send(command)
    return answer.promise
  }

  return {
    async listen(port = 0) {
      const id = ++ids
      const answer = await ask(id, { order: 'listen', id, port })
      if (answer.news !== 'listening') {
        throw Object.assign(new Error('The engine does not listen.'), answer)
      }
      return {
        port: answer.port,
        drain: async () => void (await ask(id, { order: 'drain', id })),
        close: async () => void (await ask(id, { order: 'close', id })),
      }
    },
    renew() {
      events = newEvents()
      subject.send({ order: 'shut' })
      return events
    },
    open: () => subject.send({ order: 'open' }),
    stop: () => subject.stop(),
  }
}
