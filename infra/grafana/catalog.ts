/** The catalog's dashboard: what is looked at, what its cache spares, what happens to the stock. */
import { lines, rate, stat, window } from './panels.ts'
import { copiesOf, serviceBoard } from './service-rows.ts'

const copies = copiesOf('catalog')
const answers = (results: string): string =>
  `sum(rate(catalog_cache_requests_total{${copies},result=~"${results}"}[${window}]))`

export const catalogBoard = serviceBoard(
  'catalog',
  'Catalog / Backend',
  'Products, their pages, and the stock.',
  {
    title: 'Business',
    panels: [
      stat('Products', `max(catalog_products{${copies}})`, { unit: 'short', least: 1 }),
      stat('Views', `sum(rate(product_views_total{${copies}}[${window}]))`, { unit: 'ops' }),
      stat('Pages from memory', `${answers('hit')} / ${answers('hit|miss')}`, {
        unit: 'percentunit',
      }),
      stat('Stock that does not add up', `max(stock_invariant_violations{${copies}})`, {
        unit: 'short',
        limit: 1,
        description: 'Products with stocked other than available + reserved + sold.',
      }),
      lines(
        'Views by category',
        { '{{category}}': rate('product_views_total', copies, 'category') },
        { unit: 'ops' },
      ),
      lines(
        'Stock',
        { '{{result}}': rate('stock_reservations_total', copies, 'result') },
        { unit: 'ops' },
      ),
      lines(
        'Pages',
        { '{{result}}': rate('catalog_cache_requests_total', copies, 'result') },
        { unit: 'ops' },
      ),
      lines(
        'Memory of the caches',
        { '{{cache}}': `sum by (cache) (catalog_cache_bytes{${copies}})` },
        { unit: 'bytes' },
      ),
    ],
  },
)
