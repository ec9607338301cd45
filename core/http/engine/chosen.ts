/** The engine of this process, by the runtime that it runs on. */
import { bunEngine } from './bun.ts'
import type { Engine } from './engine.ts'
import { loadNative } from './uws-native.ts'
import { uwsEngine } from './uws.ts'

export const engine: Engine =
  process.versions['bun'] === undefined ? uwsEngine(await loadNative()) : bunEngine
