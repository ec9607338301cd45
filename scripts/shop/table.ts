/** What a person needs to know once the shop is up. */
import { join, relative } from 'node:path'
import { prefixes } from '../../services/gateway/paths.ts'
import { serviceNames } from '../../core/values/service-name.ts'
import type { ProcessPlan, Role } from './plan.ts'
import type { StartOptions } from './options.ts'

export const demoAccounts = ['admin / admin123 (admin)', 'user1 / user123', 'testuser / test123']

const about: Readonly<Record<Role, string>> = {
  catalog: 'products, categories, stock',
  cart: 'cart and checkout',
  order: 'orders and their way to the door',
  user: 'accounts, sign-in, profile',
  gateway: 'start page and everything below one address',
}

/** The table that is printed when everything is ready. `elapsed` is in milliseconds. */
export function readyTable(
  plans: readonly ProcessPlan[],
  options: StartOptions,
  elapsed: number,
): string {
  const gateway = `http://localhost:${options.port}`
  const rows: [string, string, string][] = [['Start page', `${gateway}/docs/`, '']]
  for (const name of serviceNames) {
    const ports = plans.filter(({ role }) => role === name).map(({ port }) => port)
    const where = ports.length === 1 ? 'itself on port' : `${ports.length} copies on ports`
    rows.push([
      capital(name),
      `${gateway}${prefixes[name]}/`,
      `${about[name]}; ${where} ${ports.join(', ')}`,
    ])
  }
  rows.push(['Profiles', `${gateway}/profiles/`, 'flame graphs of the services'])
  const accounts =
    options.profile === 'demo' ? [['Sign in as', demoAccounts.join(', '), ''] as const] : []
  const folder = shortest(options.dataDir)
  const lines = [
    ...rows,
    ...accounts,
    ['Data and logs', `${folder}, ${join(folder, 'logs')}`, ''] as const,
  ]
  const wide = Math.max(...rows.map(([, url]) => url.length))
  return [
    '',
    `The shop is ready (${options.profile} profile, ${(elapsed / 1000).toFixed(1)} s).`,
    '',
    ...lines.map(([label, value, note]) =>
      `  ${label.padEnd(14)} ${note === '' ? value : `${value.padEnd(wide)}  ${note}`}`.trimEnd(),
    ),
    '',
    'Ctrl-C stops it.',
    '',
  ].join('\n')
}

function shortest(path: string): string {
  const fromHere = relative(process.cwd(), path)
  return fromHere === '' || fromHere.startsWith('..') ? path : fromHere
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
