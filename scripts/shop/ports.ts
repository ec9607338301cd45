/** Looks before the start whether every port can be had. */
import { createServer } from 'node:net'

export interface PortWish {
  readonly host: string
  readonly port: number
  /** Who is going to listen there: `the gateway`. */
  readonly owner: string
  /** The option that moves it: `--port`. */
  readonly option: string
}

/** A sentence for the first port that cannot be had; null when all can. */
export async function portInTheWay(wishes: readonly PortWish[]): Promise<string | null> {
  for (const wish of wishes) {
    const code = await refusal(wish.host, wish.port)
    if (code !== null) return sentence(wish, code)
  }
  return null
}

/** Error code of a trial to listen; null when it worked. */
function refusal(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)))
  })
}

function sentence({ host, port, owner, option }: PortWish, code: string): string {
  if (code === 'EADDRINUSE') {
    return `Port ${port} is in use, but ${owner} needs it: stop what listens there or choose another with ${option}.`
  }
  if (code === 'EACCES') {
    return `Port ${port} needs more rights than you have, but ${owner} wants it: choose one above 1023 with ${option}.`
  }
  return `HOST is ${JSON.stringify(host)}, but ${owner} can only listen on an address of this machine, such as 127.0.0.1, ::1 or 0.0.0.0.`
}
