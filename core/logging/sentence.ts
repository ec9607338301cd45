/** What ended a command or a start, for the person who reads its console. */

/** Errors of the system by their codes, as a person says them. */
const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'it is read-only',
  ENOSPC: 'no space is left',
  EDQUOT: 'no space is left',
  EEXIST: 'there is a file in its place',
  ENOTDIR: 'there is a file in its place',
  EISDIR: 'there is a folder in its place',
  ENOENT: 'it is not there',
}

/**
 * The error without its stack: its message, that of its cause where it says more, and for an error of
 * the system the path that it is about. Mistakes in the configuration have a line each and keep them.
 */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code, path } = error as NodeJS.ErrnoException
  const reason = reasons[code ?? '']
  if (reason !== undefined) return `${path ?? 'A file'} cannot be used: ${reason} (${code}).`
  const { message, cause } = error
  if (!(cause instanceof Error)) return message
  const why = sentenceOf(cause)
  const isTold = [cause.message, why].some((each) => message.includes(each.replace(/\.$/, '')))
  return isTold ? message : `${message.replace(/[.:]$/, '')}: ${why}`
}

/** The sentence, and below it the stack where the log level asks for details. */
export function failureText(error: unknown, env: NodeJS.ProcessEnv = process.env): string {
  const isDetailed = env['LOG_LEVEL'] === 'debug' || env['LOG_LEVEL'] === 'trace'
  const stack = isDetailed && error instanceof Error ? `\n${error.stack}` : ''
  return `${sentenceOf(error)}${stack}`
}
