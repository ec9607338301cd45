/** nginx before the real shop: the same rows of the contract as the gateway that comes with it. */
import { afterAll, describe } from 'bun:test'
import { clientOf } from '../support/client.ts'
import { hostOf, startNginx } from '../support/nginx.ts'
import { startShop } from '../support/shop.ts'
import { testsNeed } from '../support/tools.ts'
import { gatewayCases, origin, shopEnv } from './gateway.cases.ts'

const able = testsNeed('nginx')

describe.skipIf(!able)('nginx', async () => {
  if (!able) return
  const shop = await startShop({ gateway: true, products: 16, env: shopEnv })
  const { catalog, cart, order, user, gateway } = shop.urls
  const nginx = await startNginx({
    services: {
      catalog: [hostOf(catalog)],
      cart: [hostOf(cart)],
      order: [hostOf(order)],
      user: [hostOf(user)],
    },
    gateway: hostOf(gateway),
    readTimeout: '1s',
    corsOrigins: [origin],
  })
  afterAll(async () => {
    await nginx.stop()
    await shop.stop()
  })
  gatewayCases({ shop, client: clientOf(shop), url: nginx.url })
})
