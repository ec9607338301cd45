/** The proof that a test did no harm: the same processes live, and nothing was written. */
import { expect } from 'bun:test'
import { serviceNames } from '../../core/values/service-name.ts'
import { send } from './send.ts'
import type { ProcessName, Shop } from './shop.ts'
import { contentsOf } from './tables.ts'

/** For `beforeEach` and `afterEach`; the services are watched, and whoever else is named. */
export function watchOver(shop: Shop, ...others: readonly ProcessName[]) {
  const names = [...serviceNames, ...others]
  const pids = names.map(shop.pid)
  let contents: ReturnType<typeof contentsOf> = {}
  return {
    before(): void {
      contents = contentsOf(shop.directory)
    },
    async after(): Promise<void> {
      expect(names.map(shop.pid)).toEqual(pids)
      for (const name of names) {
        const { status } = await send('GET', `${shop.urls[name]}/health/live`)
        expect([name, status]).toEqual([name, 200])
      }
      expect(contentsOf(shop.directory)).toEqual(contents)
    },
  }
}
