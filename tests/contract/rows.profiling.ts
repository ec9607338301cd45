/** The rows of profiling, performed on one service. */
import Type from 'typebox'
import { profilingPath } from '../../core/profiling/routes.ts'
import type { ServiceName } from '../../core/values/service-name.ts'
import { eventually } from '../support/ledger.ts'
import type { Answered } from '../support/send.ts'
import { Order } from '../support/shapes.ts'
import type { PerformedRows, World } from './rows.ts'

const { created_at: Moment } = Order.properties
const Count = Type.Integer({ minimum: 0 })
const Started = Type.Object({
  file: Type.String(),
  operation: Type.String(),
  seconds: Count,
  started_at: Moment,
  ends_at: Moment,
})
const Status = Type.Object({
  status: Type.Enum(['idle', 'running']),
  profile: Type.Union([Started, Type.Null()]),
})
const Notes = Type.Object({
  file: Type.String(),
  operation: Type.String(),
  samples: Count,
  load: Type.Object({}),
})
const Functions = Type.Array(
  Type.Object({ function: Type.String(), samples: Count, share: Type.Number() }),
)
const Stats = Type.Object({ profile: Notes, by_self: Functions, by_total: Functions })

export function profilingRows({ admin }: World, service: ServiceName): PerformedRows {
  const path = profilingPath(service)
  const get = (below: string): Promise<Answered> => admin.call(service, 'GET', path + below)

  /** Asks for a profile once none is being taken. */
  async function start(query: string): Promise<Answered> {
    await eventually('no profile is being taken', async () => {
      return (await get('/status')).text.includes('"idle"')
    })
    return admin.call(service, 'POST', `${path}/start${query}`)
  }
  const taken = async (): Promise<string> => {
    const { file } = (await start('?seconds=1')).json() as { readonly file: string }
    await eventually('it is taken', async () => (await get('/profiles')).text.includes(file))
    return file
  }

  return {
    [`GET ${path}/status`]: { good: () => get('/status'), shape: Status },
    [`GET ${path}/profiles`]: {
      async good() {
        await taken()
        return get('/profiles')
      },
      shape: Type.Array(Notes, { minItems: 1 }),
    },
    [`GET ${path}/profiles/{file}/stats`]: {
      good: async () => get(`/profiles/${await taken()}/stats`),
      shape: Stats,
      errors: {
        404: () => get('/profiles/20261125T204931123Z-process.cpuprofile/stats'),
        422: () => get('/profiles/none/stats'),
      },
    },
    [`POST ${path}/start`]: {
      good: () => start('?seconds=1'),
      shape: Started,
      errors: {
        400: () => start('?operation=no_such_operation'),
        async 409() {
          await start('?seconds=2')
          return admin.call(service, 'POST', `${path}/start`)
        },
        422: () => start('?seconds=0'),
      },
    },
  }
}
