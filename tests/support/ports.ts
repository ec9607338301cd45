/** Free ports of the loopback address that stay ours over a restart. */
import { createServer, type Server } from 'node:net'

/**
 * Below the range from which systems take the ports of outgoing connections (from 32,768 on Linux):
 * one of those could sit on a service's port just while that restarts.
 */
const lowest = 18_000
const highest = 32_000

/** Distinct ports on which nobody listens right now. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const held: Server[] = []
  const ports: number[] = []
  while (ports.length < count) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest))
    const server = await hold(port)
    if (server === null) continue
    held.push(server)
    ports.push(port)
  }
  await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

/** Listens on a port; null when somebody else does. */
const hold = (port: number): Promise<Server | null> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(null))
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => resolve(server))
  })

/** The first of so many free ports one after another. */
export async function freeRow(count: number): Promise<number> {
  for (;;) {
    const first = lowest + Math.floor(Math.random() * (highest - lowest - count))
    const row = await Promise.all(Array.from({ length: count }, (_, step) => hold(first + step)))
    const held = row.filter((server) => server !== null)
    await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))))
    if (held.length === count) return first
  }
}
