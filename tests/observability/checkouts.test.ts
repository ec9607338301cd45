/** The gateway has no route table, so it is held against those of the services. */
import { expect, test } from 'bun:test'
import { checkouts } from '../../services/gateway/observation.ts'
import { isInternal } from '../../core/http/route.ts'
import { allRoutes } from '../support/route-tables.ts'

test('the gateway takes for a checkout what the services do', () => {
  const routes = allRoutes.filter(({ checkout }) => checkout === true)
  expect(routes.filter(isInternal)).toEqual([])
  expect(new Set(routes.map(({ method }) => method))).toEqual(new Set(['POST']))
  const names = routes.map(({ service, path }) => `${service} ${path.replace(/\/$/, '')}`)
  expect(names.sort()).toEqual([...checkouts].sort())
})
