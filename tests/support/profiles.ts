/** Profiles for tests: taken of a running shop while it does something. */
import { profilingPath } from '../../core/profiling/routes.ts'
import type { ServiceName } from '../../core/values/service-name.ts'
import type { Client } from './client.ts'
import { eventually } from './ledger.ts'

/** Repeats `act` while a profile of a second is taken; resolves with its file when it is there. */
export async function takeProfile(
  client: Client,
  service: ServiceName,
  operation: string,
  act: () => Promise<unknown>,
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
      while (!over) await act()
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
