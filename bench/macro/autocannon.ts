/** Runs in a process of its own: sends each request of a list once, over so many connections; prints a report. */
import { readFileSync } from 'node:fs'
import autocannon, { type Client, type Request } from 'autocannon'

/** What stands in the file that the first argument names. */
export interface Job {
  readonly url: string
  readonly connections: number
  readonly requests: readonly Request[]
}

export interface JobReport {
  readonly seconds: number
  readonly good: number
  readonly bad: number
}

const job = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Job
const begun = performance.now()
let ended = begun
let good = 0
let bad = 0
let next = 0

await autocannon({
  url: job.url,
  connections: job.connections,
  amount: job.requests.length,
  timeout: 30,
  setupClient(client: Client) {
    // A connection takes the next of the list whenever it is free.
    const share = Math.ceil(job.requests.length / job.connections)
    client.setRequests(job.requests.slice(next, (next += share)) as Request[])
    client.on('response', (status) => {
      ended = performance.now()
      if (status === 200) good++
      else bad++
    })
  },
})
process.stdout.write(JSON.stringify({ seconds: (ended - begun) / 1_000, good, bad }))
