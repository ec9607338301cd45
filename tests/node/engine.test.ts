/** The engine on Node against the same suite as Bun's, in a process of its own. */
import { join } from 'node:path'
import { test } from 'bun:test'
import type { Connected } from '../../core/http/engine/control.fixture.ts'
import { engineConformance } from '../../core/http/engine/engine.conformance.ts'
import type { Message, Tell } from '../../core/http/engine/subject.fixture.ts'
import { commandOf } from '../../scripts/shop/runtime.ts'
import { nodeMissing } from '../support/node.ts'

const main = join(import.meta.dir, '../../core/http/engine/subject.process.fixture.ts')

async function connectNode(tell: Tell): Promise<Connected> {
  const child = Bun.spawn(commandOf('node', main), {
    stdio: ['ignore', 'inherit', 'inherit'],
    // What Node and Bun both speak.
    serialization: 'json',
    // Only a subject writes to this channel.
    ipc: (message) => tell(message as Message),
  })
  return {
    send: (command) => void child.send(command),
    async stop() {
      child.disconnect()
      await child.exited
    },
  }
}

const missing = nodeMissing()
if (missing !== null) test.skip(`the engine on Node: ${missing}`, () => {})
else {
  engineConformance('uws on Node', connectNode, {
    pipeliningBehindSlow:
      'uWebSockets.js closes a connection on which a request comes before the last one is answered',
    answersAmbiguous:
      'uWebSockets.js reads on behind an answer, so the connection ends without one',
    idleEndsWithDrain: 'uWebSockets.js closes single connections only through their requests',
  })
}
