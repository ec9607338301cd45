/** Looks before the start whether a Cassandra cluster can be reached at all; it starts none. */
import { connect } from 'node:net'
import { authorityOf, hostAndPort } from '../../core/values/authority.ts'
import type { Environment } from '../../core/config/config.ts'

/** Milliseconds that a contact point gets to accept a connection. */
const patience = 2_000

/** A sentence that says what to do when none of the contact points accepts a connection; else null. */
export async function clusterMissing(env: Environment): Promise<string | null> {
  const points = contactPoints(env)
  const reached = await Promise.all(points.map(accepts))
  if (reached.includes(true)) return null
  const where = points.map(({ host, port }) => authorityOf(host, port)).join(', ')
  return `No Cassandra answers at ${where}: start one with "npm run cassandra -- up", or name yours in CASSANDRA_CONTACT_POINTS.`
}

interface ContactPoint {
  readonly host: string
  readonly port: number
}

/** As the services read them: names or addresses with commas between, with a port or without. */
function contactPoints(env: Environment): readonly ContactPoint[] {
  return (env['CASSANDRA_CONTACT_POINTS'] || '127.0.0.1')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
    .map((each) => hostAndPort(each, 9042))
}

function accepts({ host, port }: ContactPoint): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: patience })
    const settle = (answer: boolean) => () => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', settle(true))
    socket.once('timeout', settle(false))
    socket.once('error', settle(false))
  })
}
