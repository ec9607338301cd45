/** The rules of products: what a query, a body and an entity tag mean. */
import { plainTag } from '../../core/http/compression.ts'
import { ifMatchTags } from '../../core/http/conditional.ts'
import { invalid } from '../../core/http/validation.ts'
import type { ProductId } from '../../core/values/ids.ts'
import { fromMinor, toMinor, type Minor } from '../../core/values/money.ts'
import type { NewProductBody, ProductChangesBody, ProductDetail } from './schemas.ts'
import type { NewProduct, ProductChanges, ProductState, StockedProduct } from './store.ts'

/** Clients may write a UUID in upper case; the store knows one spelling. */
export const productIdOf = (text: string): ProductId => text.toLowerCase() as ProductId

/** Throws `validation_failed` for a price of more than two decimals and for ill-formed Unicode. */
export function newProductOf(id: ProductId, body: NewProductBody): NewProduct {
  requireWellFormed(body)
  return {
    id,
    name: body.name,
    category: body.category,
    price: priceOf(body.price),
    description: body.description ?? null,
    manufacturer: body.manufacturer ?? null,
    available: body.stock_count,
  }
}

/** Throws as `newProductOf` does. */
export function changesOf(body: ProductChangesBody): ProductChanges {
  requireWellFormed(body)
  const { price, stock_count: available, stock_delta: availableDelta, ...texts } = body
  if (available !== undefined && availableDelta !== undefined) {
    throw invalid([{ path: '/stock_delta', message: 'cannot be combined with stock_count' }])
  }
  return {
    ...texts,
    ...(price !== undefined && { price: priceOf(price) }),
    ...(available !== undefined && { available }),
    ...(availableDelta !== undefined && { availableDelta }),
  }
}

function priceOf(amount: number): Minor {
  const price = toMinor(amount)
  if (price !== null) return price
  throw invalid([{ path: '/price', message: 'must have at most two decimals' }])
}

/** JSON can spell half of a surrogate pair, which no store could give back unchanged. */
function requireWellFormed(body: NewProductBody | ProductChangesBody): void {
  for (const [field, value] of Object.entries(body)) {
    if (typeof value !== 'string' || value.isWellFormed()) continue
    throw invalid([{ path: `/${field}`, message: 'is not well-formed Unicode' }])
  }
}

/** Changes with every sale, so that a client never keeps an old stock count. Without quotes. */
export const tagOf = ({ version, available }: StockedProduct): string => `${version}.${available}`

/** The tag of the plain answer as it stands in the header. */
export const etagOf = (product: StockedProduct): string => `"${tagOf(product)}"`

/** The states of a product that an `If-Match` header admits; null where it admits any. */
export function admittedStates(header: string | null): readonly ProductState[] | null {
  if (header === null) return null
  const tags = ifMatchTags(header)
  if (tags.includes('*')) return null
  return tags.flatMap((tag) => {
    const [, version, available] = /^(\d{1,15})\.(\d{1,15})$/.exec(plainTag(tag)) ?? []
    if (version === undefined || available === undefined) return []
    return [{ version: Number(version), available: Number(available) }]
  })
}

export const detailOf = (product: StockedProduct): ProductDetail => ({
  product_id: product.id,
  name: product.name,
  category: product.category,
  price: fromMinor(product.price),
  stock_count: product.available,
  description: product.description,
  manufacturer: product.manufacturer,
})
