/** Kills and pauses of services, and of the database's nodes where the test has some, without an end. */
import type { TestCluster } from '../support/cassandra.ts'
import type { Shop } from '../support/shop.ts'
import { chance, oneOf } from './workload.ts'

const victims = ['catalog', 'cart', 'order'] as const

/** Milliseconds between two disturbances. */
const rest = 200

export interface Disturbances {
  /** Lets the one that runs come to its end; says how many there were. */
  stop(): Promise<{ readonly kills: number; readonly pauses: number }>
}

/** One at a time: what is killed is up again, and what is paused goes on, before the next. */
export function disturb(shop: Shop, cluster: TestCluster | null): Disturbances {
  const counts = { kills: 0, pauses: 0 }
  let on = true

  async function service(): Promise<void> {
    const copy = shop.copy(oneOf(victims), Math.floor(Math.random() * shop.copies))
    if (chance(0.5)) {
      await copy.kill('SIGKILL')
      await copy.start()
      counts.kills++
    } else {
      copy.signal('SIGSTOP')
      await pause()
      copy.signal('SIGCONT')
      counts.pauses++
    }
  }

  async function node({ nodes, kill, start, pause: stop, resume }: TestCluster): Promise<void> {
    const { number } = oneOf(nodes)
    if (chance(0.3)) {
      await kill(number)
      await start(number)
      counts.kills++
    } else {
      stop(number)
      await pause()
      resume(number)
      counts.pauses++
    }
  }

  async function run(): Promise<void> {
    while (on) {
      await Bun.sleep(rest)
      await (cluster !== null && chance(0.5) ? node(cluster) : service())
    }
  }

  const running = run()
  return {
    async stop() {
      on = false
      await running
      return counts
    },
  }
}

/** Now and then longer than a client waits. */
const pause = (): Promise<void> => Bun.sleep(chance(0.15) ? 5_000 : 200 + Math.random() * 1_500)
