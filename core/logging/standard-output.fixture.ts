/** A process that logs until it was told to stop, whatever becomes of its standard output. */
import { createLogger } from './logger.ts'

const log = createLogger({ service: 'order', level: 'info' })
for (let line = 0; line < 20; line += 1) {
  log.info({ line }, 'a line')
  await Bun.sleep(10)
}
process.stderr.write('unharmed\n')
