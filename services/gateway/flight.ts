/** Counts requests under way until the last byte of their answer, and ends event streams at shutdown. */

export interface Flight {
  /** Requests whose answer must be complete before the process may end. */
  waiting(): number
  /** All requests, event streams included. */
  total(): number
  /** Runs one request. Its body, where it is a stream, counts until it ends. */
  begin(): Ticket
  /** Event streams have no end of their own, so they end now; clients resume elsewhere. */
  endEventStreams(): void
}

export interface Ticket {
  end(): void
  /** Passes a body on and ends the ticket with it. `endless` ones do not hold up a shutdown. */
  stream(body: ReadableStream<Uint8Array>, endless: boolean): ReadableStream<Uint8Array>
}

export function createFlight(): Flight {
  let finite = 0
  const endless = new Set<() => void>()

  function begin(): Ticket {
    let open = true
    finite++
    const end = (): void => {
      if (!open) return
      open = false
      finite--
    }
    return {
      end,
      stream(body, isEndless) {
        if (!isEndless) return passing(body, end).stream
        const passed = passing(body, () => void endless.delete(passed.finish))
        endless.add(passed.finish)
        end()
        return passed.stream
      },
    }
  }

  return {
    begin,
    waiting: () => finite,
    total: () => finite + endless.size,
    endEventStreams() {
      for (const finish of [...endless]) finish()
    },
  }
}

/** The same bytes as they come, at the reader's pace; `onEnd` runs once, however it ends. */
function passing(
  body: ReadableStream<Uint8Array>,
  onEnd: () => void,
): { readonly stream: ReadableStream<Uint8Array>; finish(): void } {
  const reader = body.getReader()
  let over = false
  const settle = (): boolean => {
    if (over) return false
    over = true
    onEnd()
    return true
  }
  let close = (): void => {}
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      close = () => controller.close()
    },
    async pull(controller) {
      try {
        const { done, value } = await reader.read()
        if (over) return
        if (!done) return controller.enqueue(value)
        settle()
        controller.close()
      } catch (error) {
        // The engine answers an error by resetting the connection: a cut body must not look complete.
        if (settle()) controller.error(error)
      }
    },
    async cancel(reason) {
      settle()
      await reader.cancel(reason)
    },
  })
  return {
    stream,
    finish() {
      if (!settle()) return
      close()
      reader.cancel().catch(() => {})
    },
  }
}
