/** The switch of the planted faults: `/system/faults`, for admins, in the demo profile only. */
import Type from 'typebox'
import { route, type Route } from '../http/route.ts'
import { faultKinds, type Faults } from './faults.ts'

/** Seconds that a fault lasts at most. */
const longest = 600

const defaults = { seconds: 60, milliseconds: 800, share: 0.5, megabytes: 512 }

const Active = Type.Object({
  faults: Type.Array(
    Type.Object({
      kind: Type.Enum([...faultKinds]),
      ends_at: Type.String({ format: 'date-time' }),
    }),
  ),
})

/**
 * Not in the OpenAPI document: who explores the API by machine must not bring it down, and the document
 * is the same in every profile.
 */
export function faultRoutes(faults: Faults): readonly Route[] {
  const Kind = Type.Enum([...faults.kinds])
  const NewFault = Type.Object(
    {
      kind: Kind,
      seconds: Type.Optional(Type.Integer({ minimum: 1, maximum: longest })),
      milliseconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 5_000 })),
      share: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1 })),
      megabytes: Type.Optional(Type.Integer({ minimum: 8, maximum: 1_024 })),
    },
    { additionalProperties: false },
  )
  const Chosen = Type.Object({ kind: Type.Optional(Kind) })
  const common = {
    path: '/system/faults',
    access: 'admin',
    undocumented: true,
    neverShed: true,
    success: { status: 200, schema: Active },
    errors: [],
  } as const
  const shown = () => ({
    faults: faults.active().map(({ kind, endsAt }) => ({
      kind,
      ends_at: new Date(endsAt).toISOString(),
    })),
  })

  return [
    route({
      ...common,
      method: 'GET',
      operation: 'list_faults',
      summary: 'Planted faults that are on',
      handler: function list_faults() {
        return shown()
      },
    }),
    route({
      ...common,
      method: 'POST',
      operation: 'plant_fault',
      summary: 'Turns a fault on for a while',
      body: NewFault,
      handler: function plant_fault(call) {
        faults.start({ ...defaults, ...call.body })
        return shown()
      },
    }),
    route({
      ...common,
      method: 'DELETE',
      operation: 'end_faults',
      summary: 'Turns one kind of fault off, or all of them',
      query: Chosen,
      handler: function end_faults(call) {
        faults.end(call.query.kind)
        return shown()
      },
    }),
  ]
}
