/** How a process sees the other services: one address is taken as it is, several are watched. */
import { expect, test } from 'bun:test'
import { fakeCopy, until } from '../clients/copies.fixture.ts'
import { createClientMetrics } from '../clients/client-metrics.ts'
import { log, request, tokens } from '../clients/service-client.fixture.ts'
import { createMetrics } from '../metrics/metrics.ts'
import { systemClock } from '../values/time.ts'
import { createPeers } from './peers.ts'

test('copies are watched once for all who call the service, a sole address not at all', async () => {
  const ok = () => Response.json('ok')
  using a = fakeCopy(ok)
  using b = fakeCopy(ok)
  using sole = fakeCopy(ok)
  // It may be a balancer, whose health says nothing of what it can still pass on.
  sole.health = 'draining'
  const peers = createPeers({
    addresses: {
      catalog: [a.address, b.address],
      cart: [],
      order: [sole.address],
      user: [],
    },
    interval: 10,
    tokens,
    clock: systemClock,
    log,
    metered: createClientMetrics(createMetrics('cart')),
  })
  const [catalog, order] = [peers.client('catalog'), peers.client('order')]
  expect(peers.copiesOf('catalog')).toBe(peers.copiesOf('catalog'))
  await peers.checked()
  a.health = 'draining'
  const copies = peers.copiesOf('catalog')
  await until('it is known', () => copies.pick() === b.address && copies.pick() === b.address)
  for (let call = 0; call < 4; call++) {
    expect((await catalog.call(request())).status).toBe(200)
    expect((await order.call(request())).status).toBe(200)
  }
  expect([a.calls, b.calls, sole.calls]).toEqual([0, 4, 4])
  await peers.stop()
})
