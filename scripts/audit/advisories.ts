/** What `npm audit` says: the advisories of a registry, or that it gives none. */
import { which } from '../programs.ts'

export type Severity = 'info' | 'low' | 'moderate' | 'high' | 'critical'

export type Advisories =
  | { readonly kind: 'asked'; readonly counts: Readonly<Record<Severity, number>> }
  /** Nobody was asked, and why. */
  | { readonly kind: 'none'; readonly reason: string }

/** Of the packages that the lock file of a folder names; `production` leaves those for development out. */
export async function advisoriesOf(folder: string, production: boolean): Promise<Advisories> {
  const npm = which('npm')
  if (npm === null) return { kind: 'none', reason: 'npm is not installed' }
  const child = Bun.spawn(
    [npm, 'audit', '--json', '--package-lock-only', ...(production ? ['--omit=dev'] : [])],
    { cwd: folder, stdin: 'ignore', stdout: 'pipe', stderr: 'ignore', timeout: 60_000 },
  )
  const output = await child.stdout.text()
  await child.exited
  return readAudit(output)
}

/** @param output of `npm audit --json`, which exits with 1 for findings and for failures alike */
export function readAudit(output: string): Advisories {
  let document
  try {
    // The shape that npm documents for version 2 of its report.
    document = JSON.parse(output) as {
      readonly message?: string
      readonly metadata?: { readonly vulnerabilities?: Readonly<Record<Severity, number>> }
    }
  } catch {
    return { kind: 'none', reason: 'npm audit did not answer' }
  }
  const counts = document.metadata?.vulnerabilities
  return counts === undefined
    ? { kind: 'none', reason: document.message?.split(' - ')[0] ?? 'npm audit gave no report' }
    : { kind: 'asked', counts }
}
