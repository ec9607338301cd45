/** Where nodes live that are started for a test and removed with all they hold. */
import { existsSync, mkdtempSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const memory = '/dev/shm'
/** Bytes that three nodes may come to, commit logs included. */
const room = 4 * 2 ** 30

/**
 * A new folder, in memory where there is room for it: each write of each node waits for its disk, and
 * nodes that share one wait for each other. What is written survives the end of any process either way.
 */
export function scratchFolder(prefix: string): string {
  return mkdtempSync(join(hasRoom(memory) ? memory : tmpdir(), prefix))
}

function hasRoom(folder: string): boolean {
  if (!existsSync(folder)) return false
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize >= room
}
