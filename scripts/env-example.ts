/** Writes `.env.example` and the page of settings from those of the processes, so that none drifts apart. */
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { commonSettings } from '../core/config/common.ts'
import { describeSettings, type Definition, type SettingRow } from '../core/config/config.ts'
import { cartSettings } from '../services/cart/config.ts'
import { catalogSettings } from '../services/catalog/config.ts'
import { gatewaySettings } from '../services/gateway/config.ts'
import { orderSettings } from '../services/order/config.ts'
import { userSettings } from '../services/user/config.ts'

const sections: readonly (readonly [string, Definition])[] = [
  ['Every process', commonSettings],
  ['Catalog', catalogSettings],
  ['Cart', cartSettings],
  ['Order', orderSettings],
  ['User', userSettings],
  ['Gateway', gatewaySettings],
]

/** The whole file: each setting with its help, what it accepts and its default, commented out. */
export function envExample(): string {
  const head = [
    '# Settings of Product Store. `npm start` sets what it needs by itself; copy what you change to the',
    '# environment of the process. Made by `node scripts/run.mjs scripts/env-example.ts`.',
  ]
  const body = eachOnce().flatMap(([title, rows]) => ['', `## ${title}`, ...rows.flatMap(entry)])
  return `${[...head, ...body].join('\n')}\n`
}

/** The tables of docs/settings.md, from the first heading on. */
export function settingsTables(): string {
  const table = ([title, rows]: Section): readonly string[] => [
    `## ${title}`,
    '',
    '| Variable | Default | Accepts | What |',
    '| --- | --- | --- | --- |',
    ...rows.map(tableRow),
    '',
  ]
  return eachOnce().flatMap(table).join('\n')
}

type Section = readonly [title: string, rows: readonly SettingRow[]]

/** A setting stands where it comes first. */
function eachOnce(): readonly Section[] {
  const written = new Set<string>()
  return sections.map(([title, settings]) => {
    const own = describeSettings(settings).filter(({ variable }) => !written.has(variable))
    for (const { variable } of own) written.add(variable)
    return [title, own]
  })
}

function tableRow(row: SettingRow): string {
  const words = machineDefaults[row.variable]
  const value = row.default === null || row.default === '' ? '' : `\`${row.default}\``
  const cells = [`\`${row.variable}\``, words ?? value, row.accepts, sentence(row.help)]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

/** Defaults that differ from machine to machine, in words: the file is the same everywhere. */
const machineDefaults: Readonly<Record<string, string>> = {
  PASSWORD_CONCURRENCY: 'the number of cores',
}

function entry(row: SettingRow): readonly string[] {
  const words = machineDefaults[row.variable]
  const unless = words === undefined ? '' : ` Unless set: ${words}.`
  return [
    '',
    `# ${sentence(row.help)} Accepts ${row.accepts}.${unless}`,
    `#${row.variable}=${words === undefined ? (row.default ?? '') : ''}`,
  ]
}

const sentence = (text: string): string => `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}.`

const root = dirname(import.meta.dir)
export const settingsPage = join(root, 'docs/settings.md')

/** The page up to its first table, which people write. */
export const introductionOf = (page: string): string => page.slice(0, page.indexOf('\n## ') + 1)

if (import.meta.main) {
  writeFileSync(join(root, '.env.example'), envExample())
  const introduction = introductionOf(readFileSync(settingsPage, 'utf8'))
  writeFileSync(settingsPage, `${introduction}${settingsTables()}`)
  console.log('Wrote .env.example and docs/settings.md.')
}
