/** A client that closes its connection before the answer: not its mistake, and no failure of the server. */

/** Thrown by what waits for the client, or works for it alone, once it has closed its connection. */
export class ClientGone extends Error {
  constructor(cause?: unknown) {
    super('The client closed the connection.', cause === undefined ? undefined : { cause })
    this.name = 'ClientGone'
  }
}

/**
 * The status under which such a request is counted, as nginx does. It is in metrics and logs alone:
 * nobody is there to read an answer.
 */
export const clientGoneStatus = 499
