/** A subject of the conformance suite as a process of its own, with the engine of whatever it runs on. */
import { engine } from './chosen.ts'
import { createSubject, type Command } from './subject.fixture.ts'

const subject = createSubject(engine, (message) => void process.send?.(message))
// Nobody else writes to this channel.
process.on('message', (command) => subject(command as Command))
process.on('disconnect', () => process.exit(0))
