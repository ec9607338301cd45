/** The sidebar, read from the folder: a page that somebody adds is listed without a second place to tell. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface SidebarLink {
  readonly text: string
  readonly link: string
}

export interface SidebarGroup {
  readonly text: string
  readonly collapsed?: boolean
  /** Where its title leads. */
  readonly link?: string
  readonly items: SidebarLink[]
}

export type Edition = 'en' | 'ru'

interface Group {
  readonly title: Readonly<Record<Edition, string>>
  /** Pages in the order in which they are read; those that are not there are left out. */
  readonly pages: readonly string[]
}

const groups: readonly Group[] = [
  {
    title: { en: 'Begin', ru: 'Начало' },
    pages: ['quick-start', 'architecture', 'microservices', 'contract', 'errors'],
  },
  {
    title: { en: 'Services', ru: 'Сервисы' },
    pages: [
      'services/catalog',
      'services/cart',
      'services/order',
      'services/user',
      'services/gateway',
    ],
  },
  {
    title: { en: 'Inside', ru: 'Внутри' },
    pages: ['database', 'stored-data', 'authentication', 'settings', 'benchmarks', 'outages'],
  },
  {
    title: { en: 'Watch', ru: 'Наблюдение' },
    pages: ['monitoring', 'PROFILING', 'load_testing', 'reproduce_alerts'],
  },
  {
    title: { en: 'Run', ru: 'Эксплуатация' },
    pages: ['deployment', 'operations', 'CASSANDRA_MAINTENANCE'],
  },
  {
    title: { en: 'Change', ru: 'Разработка' },
    pages: [
      'contributing',
      'testing',
      'add-an-endpoint',
      'add-a-service',
      'add-a-store',
      'future_plans',
    ],
  },
]

/** Folders whose pages are listed as they lie there, closed until one of them is read. */
const folders: readonly {
  readonly title: Readonly<Record<Edition, string>>
  readonly name: string
}[] = [
  { title: { en: 'Runbooks', ru: 'Инструкции по алертам' }, name: 'runbooks' },
  { title: { en: 'Decisions', ru: 'Решения' }, name: 'decisions' },
]

const more: Readonly<Record<Edition, string>> = { en: 'More', ru: 'Ещё' }

/**
 * `docs` is the folder of the English pages; the Russian ones lie in `ru` below it. A page that has no
 * Russian edition stands in the Russian sidebar as it is.
 */
export function sidebar(docs: string, edition: Edition): SidebarGroup[] {
  const exists = (page: string): boolean => existsSync(join(docs, `${page}.md`))
  function link(page: string): SidebarLink {
    const own = edition === 'ru' && exists(`ru/${page}`) ? `ru/${page}` : page
    return { text: titleOf(join(docs, `${own}.md`)), link: `/${own}` }
  }
  const named = new Set(groups.flatMap(({ pages }) => pages))
  const listed = groups.map(({ title, pages }) => ({
    text: title[edition],
    items: pages.filter(exists).map(link),
  }))
  const unnamed = pagesIn(docs).filter((page) => page !== 'index' && !named.has(page))
  const below = folders.flatMap(({ title, name }) => {
    const [first, ...others] = pagesIn(join(docs, name)).map((page) => link(`${name}/${page}`))
    if (first === undefined) return []
    return [{ text: title[edition], collapsed: true, link: first.link, items: others }]
  })
  return [...listed, { text: more[edition], items: unnamed.map(link) }, ...below].filter(
    ({ items }) => items.length > 0,
  )
}

/** Names without their ending; a folder's own page first. */
function pagesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return []
  const own = (page: string): boolean => page === 'index' || page === 'README'
  return readdirSync(folder)
    .filter((file) => file.endsWith('.md'))
    .map((file) => file.slice(0, -'.md'.length))
    .sort((a, b) => Number(own(b)) - Number(own(a)) || a.localeCompare(b, 'en'))
}

function titleOf(file: string): string {
  const heading = /^# (.+)$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? ''
  return heading.replaceAll('`', '')
}
