/** What every peer gets handed, so that all send the same bytes out of the same data. */
import { readFileSync } from 'node:fs'

export interface Content {
  /** Query string of the cached page. */
  readonly query: string
  readonly page: { readonly headers: Readonly<Record<string, string>>; readonly body: string }
  /** Files of the shop: products and stock; views. */
  readonly catalog: string
  readonly cart: string
  /** Of access tokens, PEM. */
  readonly publicKey: string
  readonly keyId: string
  readonly issuer: string
  readonly audience: string
}

export const content = JSON.parse(readFileSync(process.env['CONTENT'] ?? '', 'utf8')) as Content
export const port = Number(process.env['PORT'])

/** The two point reads of a product as the shop makes them. */
export const findProduct = `
  SELECT id, name, category, price_minor AS price, description, manufacturer, version, deleted
    FROM products WHERE id = ?`
export const findAvailable = 'SELECT available FROM stock WHERE product_id = ?'
export const findViews = 'SELECT product_id, viewed_at FROM recent_views WHERE user_id = ?'

export interface ProductRow {
  readonly id: string
  readonly name: string
  readonly category: string
  readonly price: number
  readonly description: string | null
  readonly manufacturer: string | null
  readonly version: number
  readonly deleted: number
}

export interface ViewRow {
  readonly product_id: string
  readonly viewed_at: number
}
