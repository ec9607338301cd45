/** The reads that the JavaScript peers share: prepared once, answers as plain values. */
import { DatabaseSync } from 'node:sqlite'
import {
  content,
  findAvailable,
  findProduct,
  findViews,
  type ProductRow,
  type ViewRow,
} from './content.ts'

const catalog = new DatabaseSync(content.catalog, { readOnly: true })
const cart = new DatabaseSync(content.cart, { readOnly: true })
const product = catalog.prepare(findProduct)
const available = catalog.prepare(findAvailable)
const views = cart.prepare(findViews)

export const detailHeaders = {
  'content-type': 'application/json',
  'cache-control': 'no-cache',
  vary: 'Accept-Encoding',
} as const

/** A product as the shop shows it, with its entity tag; null when there is none. */
export function detail(id: string) {
  const row = product.get(id) as ProductRow | undefined
  if (row === undefined || row.deleted === 1) return null
  const stock = (available.get(id) as { available: number } | undefined)?.available ?? 0
  return {
    etag: `"${row.version}.${stock}"`,
    value: {
      product_id: row.id,
      name: row.name,
      category: row.category,
      price: row.price / 100,
      stock_count: stock,
      description: row.description,
      manufacturer: row.manufacturer,
    },
  }
}

/** A user's last looks at products, newest first. */
export const recentViews = (user: string) =>
  (views.all(user) as unknown as ViewRow[])
    .sort((a, b) => b.viewed_at - a.viewed_at)
    .map(({ product_id, viewed_at }) => ({
      product_id,
      viewed_at: new Date(viewed_at).toISOString(),
    }))
