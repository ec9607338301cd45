/** Writes `.env.example` from the settings of the processes, so that the two cannot drift apart. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
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
  const written = new Set<string>()
  const body = sections.flatMap(([title, settings]) => {
    const own = describeSettings(settings).filter(({ variable }) => !written.has(variable))
    for (const { variable } of own) written.add(variable)
    return ['', `## ${title}`, ...own.flatMap(entry)]
  })
  return `${[...head, ...body].join('\n')}\n`
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

if (import.meta.main) {
  writeFileSync(join(import.meta.dir, '../.env.example'), envExample())
  console.log('Wrote .env.example.')
}
