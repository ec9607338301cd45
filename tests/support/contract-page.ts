/** The tables of docs/contract.md as data. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { profilingPath } from '../../core/profiling/routes.ts'
import { serviceNames, type ServiceName } from '../../core/values/service-name.ts'

/** A row by the headings of its table; code marks are taken off the first cell. */
export type Row = Readonly<Record<string, string>>

/** One row of a service's calls. */
export interface ContractCall {
  readonly service: ServiceName
  /** `GET /products/{id}` */
  readonly call: string
  /** As a route's access rule: `public`, `user`, `admin`, `service:order` or several with commas. */
  readonly access: string
  readonly success: number
  readonly errors: readonly number[]
}

export interface ContractMetric {
  readonly services: readonly ServiceName[]
  readonly name: string
  readonly type: string
  readonly labels: readonly string[]
}

const page = readFileSync(join(import.meta.dir, '../../docs/contract.md'), 'utf8')

const sections = new Map(
  page.split(/^## /m).map((text) => [text.slice(0, text.indexOf('\n')).trim(), text] as const),
)

/** All table rows below a heading of the second level; fails where there is none. */
export function rowsUnder(heading: string): readonly Row[] {
  const rows: Row[] = []
  let names: readonly string[] | null = null
  for (const line of sections.get(heading)?.split('\n') ?? []) {
    if (!line.startsWith('|')) names = null
    else if (names === null) names = cellsOf(line)
    else if (!/^\|[\s|:-]+$/.test(line)) rows.push(rowOf(names, cellsOf(line)))
  }
  if (rows.length === 0) throw new Error(`docs/contract.md has no table under "${heading}".`)
  return rows
}

const cellsOf = (line: string): readonly string[] =>
  line
    .slice(1, line.lastIndexOf('|'))
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim())

function rowOf(names: readonly string[], cells: readonly string[]): Row {
  if (cells.length !== names.length) throw new Error(`Not ${names.length} cells: ${cells.join()}`)
  return Object.fromEntries(
    names.map((name, at) => [name, at === 0 ? plain(cells[at] ?? '') : (cells[at] ?? '')]),
  )
}

const plain = (cell: string): string => cell.replaceAll('`', '')

const headings: Readonly<Record<ServiceName, string>> = {
  catalog: 'Catalog',
  cart: 'Cart',
  order: 'Order',
  user: 'User',
}

/** The rows of a service's own calls, and of its profiles. */
export const callsOf = (service: ServiceName): readonly ContractCall[] => [
  ...rowsUnder(headings[service]).map((row) => callOf(service, row)),
  ...rowsUnder('Profiling')
    .map((row) => callOf(service, row))
    .map(({ call, ...row }) => ({
      ...row,
      call: call.replace('/profiling', profilingPath(service)),
    })),
]

/** The rows that every service has, once for this one. */
export const systemCallsOf = (service: ServiceName): readonly ContractCall[] =>
  rowsUnder('On every service').map((row) => callOf(service, row))

const callOf = (service: ServiceName, row: Row): ContractCall => ({
  service,
  call: row['Call'] ?? '',
  access: accessOf(row['Who'] ?? ''),
  success: Number(row['Success']),
  errors: (row['Errors'] ?? '').match(/\d+/g)?.map(Number) ?? [],
})

function accessOf(who: string): string {
  const [letter, ...names] = who.split(/,? /)
  if (letter === 'S') return names.map((name) => `service:${name}`).join()
  const access = { P: 'public', U: 'user', A: 'admin' }[letter ?? '']
  if (access === undefined) throw new Error(`"${who}" is nobody who may call.`)
  return access
}

export const contractMetrics = (): readonly ContractMetric[] =>
  rowsUnder('Metrics').map((row) => ({
    services: serviceNames.filter((name) => row['Service'] === 'all' || row['Service'] === name),
    name: plain(row['Name'] ?? ''),
    type: row['Type'] ?? '',
    labels: (row['Labels'] ?? '').match(/\w+/g) ?? [],
  }))
