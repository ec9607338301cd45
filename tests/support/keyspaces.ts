/** Names of a test shop's keyspaces: of its folder, so that a second shop on one folder finds the data. */
import { createHash } from 'node:crypto'

/** What an underscore and the name of a service follow. */
export const keyspacePrefix = (directory: string): string =>
  `test_${createHash('sha256').update(directory).digest('hex').slice(0, 12)}`
