/** A log line of a service as a person reads it; what is not JSON stays as it is. */

export interface LogLine {
  /** For the console: `12:30:05 cart     warn  message key=value`. */
  readonly text: string
  /** What is not a log line is an error: it is the reason of a failed start, or a crash. */
  readonly weight: 'detail' | 'warning' | 'error'
  /** A long start says how far it is. */
  readonly progress: { readonly done: number; readonly total: number } | null
}

const standard = new Set(['level', 'time', 'service', 'msg', 'pid', 'hostname', 'done', 'total'])

export function readLogLine(process: string, line: string): LogLine {
  const fields = jsonObject(line)
  if (fields === null) {
    // The reason of a failed start opens with the name already.
    const text = line.startsWith(`${process}:`) ? line : `${process}: ${line}`
    return { text, weight: 'error', progress: null }
  }
  const level = String(fields['level'] ?? 'info')
  const rest = Object.entries(fields)
    .filter(([key]) => !standard.has(key))
    .map(([key, value]) => ` ${key}=${shown(value)}`)
  const time = String(fields['time'] ?? '').slice(11, 19)
  return {
    text: `${time} ${process.padEnd(8)} ${level.padEnd(5)} ${String(fields['msg'] ?? '')}${rest.join('')}`,
    weight: weights[level] ?? 'detail',
    progress: progressOf(fields),
  }
}

const weights: Readonly<Record<string, LogLine['weight']>> = {
  warn: 'warning',
  error: 'error',
  fatal: 'error',
}

/** Of an error the console gets the message; its stack is in the log file. */
function shown(value: unknown): string {
  if (typeof value === 'string') return value
  const isError = typeof value === 'object' && value !== null && 'message' in value
  return JSON.stringify(isError ? value.message : value)
}

function progressOf({ done, total }: Record<string, unknown>): LogLine['progress'] {
  return typeof done === 'number' && typeof total === 'number' ? { done, total } : null
}

function jsonObject(line: string): Record<string, unknown> | null {
  if (!line.startsWith('{')) return null
  try {
    // Text that starts with a brace and parses is an object.
    return JSON.parse(line) as Record<string, unknown>
  } catch {
    return null
  }
}
