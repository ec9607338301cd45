/** Bun's engine against the conformance suite. */
import { bunEngine } from './bun.ts'
import { engineConformance } from './engine.conformance.ts'
import { createSubject } from './subject.fixture.ts'

engineConformance('bun', async (tell) => ({
  send: createSubject(bunEngine, tell),
  stop: async () => {},
}))
