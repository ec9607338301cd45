/** The table of the stack: what runs, where, since when ready, how it is, and how much memory it takes. */
import { serviceNames } from '../../core/values/service-name.ts'
import { memoryOfTrees } from './memory.ts'
import { pidOf, type RunningPart, type StackState } from './state.ts'

interface Row {
  readonly label: string
  readonly state: string
  readonly ready: string
  readonly memory: string
  readonly address: string
  readonly note: string
}

export interface Status {
  readonly text: string
  /** Every part answers. */
  readonly well: boolean
}

/** The shop is one part of the stack and five processes. */
const processesOf = ({ name }: RunningPart): readonly string[] =>
  name === 'shop' ? [...serviceNames, 'gateway'] : [name]

export async function statusOf(dataDir: string, state: StackState): Promise<Status> {
  const healthy = await Promise.all(state.parts.map(({ health }) => areWell(health)))
  const pids = state.parts.flatMap((part) => processesOf(part).map((name) => pidOf(dataDir, name)))
  const memory = memoryOfTrees(pids.filter((pid) => pid !== null))
  const bytesOf = (name: string): number => memory?.get(pidOf(dataDir, name) ?? -1) ?? 0
  const rows = state.parts.flatMap((part, index): readonly Row[] => {
    const names = processesOf(part)
    const row: Row = {
      label: part.label,
      state: healthy[index] === true ? 'well' : 'does not answer',
      ready: part.readyAfter === null ? '' : `${(part.readyAfter / 1000).toFixed(1)} s`,
      memory: mebibytes(names.reduce((sum, name) => sum + bytesOf(name), 0)),
      address: part.address,
      note: part.note,
    }
    if (names.length === 1) return [row]
    return [
      row,
      ...names.map((name) => ({
        ...{ label: `  ${name}`, state: '', ready: '', address: '', note: '' },
        memory: mebibytes(bytesOf(name)),
      })),
    ]
  })
  const absent = state.absent.map(({ label, reason }): Row => ({
    ...{ label, state: 'not here', ready: '', memory: '', address: '' },
    note: reason,
  }))
  return { text: table([...rows, ...absent]), well: healthy.every(Boolean) }
}

const columns = ['label', 'state', 'ready', 'memory', 'address', 'note'] as const
const head: Row = {
  label: 'Part',
  state: 'State',
  ready: 'Ready in',
  memory: 'Memory',
  address: 'Address',
  note: '',
}

function table(rows: readonly Row[]): string {
  const all = [head, ...rows]
  const widths = columns.map((column) => Math.max(...all.map((row) => row[column].length)))
  const line = (row: Row): string =>
    columns
      .map((column, index) => row[column].padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd()
  return all.map((row) => `  ${line(row)}`).join('\n')
}

const mebibytes = (bytes: number): string =>
  bytes === 0 ? '' : `${Math.round(bytes / 1024 / 1024)} MiB`

export async function areWell(addresses: readonly string[]): Promise<boolean> {
  const answers = await Promise.all(addresses.map(isWell))
  return answers.every(Boolean)
}

async function isWell(address: string): Promise<boolean> {
  try {
    const answer = await fetch(address, { signal: AbortSignal.timeout(2_000) })
    await answer.arrayBuffer()
    return answer.ok
  } catch {
    return false
  }
}
