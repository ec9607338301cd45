/** The proof that a test did no harm: the same processes live, and nothing was written. */
import { expect } from 'bun:test'
import { serviceNames } from '../../core/values/service-name.ts'
import { recordsOf } from './readers.ts'
import { send } from './send.ts'
import type { ProcessName, Shop } from './shop.ts'

/** For `beforeEach` and `afterEach`; the services are watched, and whoever else is named. */
export function watchOver(shop: Shop, ...others: readonly ProcessName[]) {
  const names = [...serviceNames, ...others]
  const pids = names.map(shop.pid)
  const records = recordsOf(shop)
  let contents: Readonly<Record<string, string>> = {}
  return {
    async before(): Promise<void> {
      contents = await records.contents()
    },
    async after(): Promise<void> {
      expect(names.map(shop.pid)).toEqual(pids)
      for (const name of names) {
        const { status } = await send('GET', `${shop.urls[name]}/health/live`)
        expect([name, status]).toEqual([name, 200])
      }
      expect(await records.contents()).toEqual(contents)
    },
  }
}
