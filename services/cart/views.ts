/** What users have looked at lately, so that a shop can lead them back to it. */
import { problem } from '../../core/http/problem.ts'
import type { ProductId, UserId } from '../../core/values/ids.ts'
import type { Clock, Millis } from '../../core/values/time.ts'
import type { Catalog } from './catalog.ts'
import type { View, ViewStore } from './store.ts'
import type { Within } from '../../core/clients/within.ts'

export interface Views {
  /** @throws product_not_found also for a deleted one, service_unavailable */
  note(user: UserId, product: ProductId, within: Within): Promise<void>
  /** Newest first, each product once; what has been deleted since stays. */
  recent(user: UserId): Promise<readonly View[]>
}

export interface ViewsOptions {
  readonly store: ViewStore
  readonly catalog: Catalog
  readonly clock: Clock
  /** Milliseconds after which a view is forgotten, as an unused cart is. */
  readonly life: Millis
}

export function createViews({ store, catalog, clock, life }: ViewsOptions): Views {
  return {
    async note(user, productId, within) {
      // That a product exists may be old news; nothing is promised by a look at it.
      const product = (await catalog.recent([productId], within)).get(productId)
      if (product === undefined || !product.available) throw problem('product_not_found')
      await store.noteView(user, { productId, at: clock.now() })
    },

    async recent(user) {
      const oldest = clock.now() - life
      return (await store.views(user)).filter(({ at }) => at > oldest)
    },
  }
}
