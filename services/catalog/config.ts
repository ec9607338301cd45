/** The settings of the catalog beside the common ones. */
import { integer } from '../../core/config/config.ts'

export const catalogSettings = {
  DEMO_PRODUCTS: integer({
    help: 'products that the demo profile seeds, evenly over eight categories',
    default: 20_000,
    min: 0,
    max: 200_000,
  }),
  CATALOG_MAX_PRODUCTS: integer({
    help: 'products that the in-memory index may hold; past it the catalog refuses more',
    default: 200_000,
    min: 1,
    max: 5_000_000,
  }),
  DETAIL_CACHE_BYTES: integer({
    help: 'memory for answers about single products, which are served on while the store is down',
    default: 32 * 1024 * 1024,
    min: 1024 * 1024,
    max: 4 * 1024 * 1024 * 1024,
  }),
  PAGE_CACHE_BYTES: integer({
    help: 'memory for ready pages of listings and searches, in every coding',
    default: 64 * 1024 * 1024,
    min: 1024 * 1024,
    max: 4 * 1024 * 1024 * 1024,
  }),
} as const
