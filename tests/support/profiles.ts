/** Profiles for tests: taken of a running shop while it does something. */
import { profilingPath } from '../../core/profiling/routes.ts'
import type { ServiceName } from '../../core/values/service-name.ts'
import type { Client } from './client.ts'
import { eventually } from './ledger.ts'
import type { Answered } from './send.ts'

/** Repeats `act` while a profile of a second is taken; resolves with its file when it is there. */
export async function takeProfile(
  client: Client,
  service: ServiceName,
  operation: string,
  act: () => Promise<Answered>,
): Promise<string> {
  const token = await client.demoAdmin()
  const path = profilingPath(service)
  const query = `seconds=1&operation=${operation}`
  const started = await client.call(service, 'POST', `${path}/start?${query}`, { token })
  if (started.status !== 202) throw new Error(`No profile: ${started.text}`)
  // As the contract has it.
  const { file } = started.json() as { file: string }
  let over = false
  const load = Promise.all(
    Array.from({ length: 4 }, async () => {
      while (!over) {
        const { status, text } = await act()
        if (status >= 300) throw new Error(`What is profiled answers ${status}: ${text}`)
      }
    }),
  )
  try {
    await eventually('the profile is taken', async () => {
      const status = await client.get(service, `${path}/status`, token)
      return (status.json() as { status: string }).status === 'idle'
    })
  } finally {
    over = true
    await load
  }
  return file
}

/**
 * As `takeProfile`, again until the operation is in it: where the machine hardly lets the service run,
 * a second may pass without a sample in the few microseconds that matter.
 */
export async function takeTellingProfile(
  ...taking: Parameters<typeof takeProfile>
): Promise<string> {
  const [client, service] = taking
  for (let attempt = 0; attempt < 10; attempt++) {
    const file = await takeProfile(...taking)
    const path = `${profilingPath(service)}/profiles/${file}/stats`
    const stats = await client.get(service, path, await client.demoAdmin())
    // As the contract has it.
    const { by_total } = stats.json() as { by_total: readonly unknown[] }
    if (by_total.length > 0) return file
  }
  throw new Error('No profile has a sample of its operation.')
}
