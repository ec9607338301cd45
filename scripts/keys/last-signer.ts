/** Tells from a data folder which process can have signed with a key, and until when. */
import { existsSync, statSync } from 'node:fs'
import type { KeyOwner, LastSigner } from '../../core/auth/key-rotation.ts'
import { isInUse } from '../../core/sqlite/backup.ts'
import { millis, type Millis } from '../../core/values/time.ts'
import { databaseFile } from '../backup/databases.ts'

/**
 * Looks at the database that each signer has open while it runs.
 *
 * - The file `-shm` is made when the first process opens a database and goes when the last one closes
 *   it, so nobody who has the database open now started before it was made. After a kill it stays, and
 *   then says too early a time, which only keeps a key longer.
 * - Every access token is signed for a row of a session written just before, so none is younger than
 *   the user database.
 *
 * @throws Error in one sentence when there is no such database, as nothing can be told then
 */
export function lastSigner(dataDir: string): (owner: KeyOwner) => LastSigner {
  return (owner) => {
    const file = databaseFile(dataDir, owner === 'access' ? 'user' : owner)
    if (!existsSync(file)) {
      throw new Error(
        `There is no database ${file}: name the shop's data folder with --data, as only there can be seen who still signs with an old key.`,
      )
    }
    // Before the look at it, which may fold the log of a killed process into the file.
    const until = newest(file, `${file}-wal`)
    if (!isInUse(file)) return { running: false, until }
    return { running: true, since: born(`${file}-shm`) }
  }
}

const newest = (...files: readonly string[]): Millis =>
  millis(Math.max(...files.map((file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0)))

/** Of a file system that does not know it, 0: as if the process had run for ever. */
const born = (file: string): Millis =>
  millis(statSync(file, { throwIfNoEntry: false })?.birthtimeMs ?? 0)
