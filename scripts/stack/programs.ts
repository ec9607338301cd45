/** The programs that the stack runs beside the shop, and how they are found or had. */
import { canInstall, installPackages } from '../debian.ts'
import { which } from '../programs.ts'

interface Program {
  /** What it is called: by Debian, by its makers. */
  readonly names: readonly string[]
  readonly debian: string
}

export const programs = {
  nginx: { names: ['nginx'], debian: 'nginx-light' },
  prometheus: { names: ['prometheus'], debian: 'prometheus' },
  alertmanager: {
    names: ['prometheus-alertmanager', 'alertmanager'],
    debian: 'prometheus-alertmanager',
  },
  nodeExporter: {
    names: ['prometheus-node-exporter', 'node_exporter'],
    debian: 'prometheus-node-exporter',
  },
  nginxExporter: {
    names: ['prometheus-nginx-exporter', 'nginx-prometheus-exporter'],
    debian: 'prometheus-nginx-exporter',
  },
} as const satisfies Readonly<Record<string, Program>>

export type ProgramName = keyof typeof programs

/** The path of a program; null where it is not installed. */
export function find(program: ProgramName): string | null {
  for (const name of programs[program].names) {
    const path = which(name)
    if (path !== null) return path
  }
  return null
}

/** Debian's names of what is not there. */
export const missingPackages = (
  wanted = Object.keys(programs) as readonly ProgramName[],
): readonly string[] =>
  wanted.filter((name) => find(name) === null).map((name) => programs[name].debian)

/** Installs what is missing where that is possible; `say` gets a line before it takes its time. */
export async function ensurePrograms(
  wanted: readonly ProgramName[],
  say: (line: string) => void,
): Promise<void> {
  const missing = missingPackages(wanted)
  if (missing.length === 0 || !canInstall()) return
  say(`Installing ${missing.join(', ')} ...`)
  try {
    await installPackages(missing)
  } catch (error) {
    say(error instanceof Error ? error.message : String(error))
  }
}

/** Why a program is not there, and what would help. */
export const whyMissing = (program: ProgramName): string =>
  `${programs[program].names.at(-1)} is not installed; as root on Debian: apt-get install ${programs[program].debian}`
