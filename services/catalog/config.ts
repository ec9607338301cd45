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
  PAGE_CACHE_BYTES: integer({
    help: 'memory for ready pages of listings',
    default: 64 * 1024 * 1024,
    min: 1024 * 1024,
    max: 4 * 1024 * 1024 * 1024,
  }),
} as const
