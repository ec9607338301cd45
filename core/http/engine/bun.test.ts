/** Bun's engine against the conformance suite. */
import { bunEngine } from './bun.ts'
import { engineConformance } from './engine.conformance.ts'

engineConformance(bunEngine)
