/** Node with its engine, for the tests that run the shop on it. */
import { installNode, nodeInstalled } from '../../scripts/node/program.ts'

/** Installs it in CI; elsewhere says why its tests are skipped, or null where they can run. */
export function nodeMissing(): string | null {
  if (process.env['CI'] === 'true') installNode(false, console.log)
  return nodeInstalled() ? null : 'not installed; npm run start:node installs it'
}
