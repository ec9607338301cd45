/** A whole shop of a command's own: on spare ports, in a fresh folder, gone when the command ends. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { ServiceName } from '../../core/values/service-name.ts'
import { prefixes } from '../../services/gateway/paths.ts'

export interface OwnShop {
  /** The gateway's address, without a slash at the end. */
  readonly host: string
  /** Those of the services themselves. */
  readonly services: Readonly<Record<ServiceName, string>>
  /** Stops it and removes its folder; throws when it did not end cleanly. */
  stop(): Promise<void>
}

export interface OwnShopOptions {
  readonly port: number
  /** First of five ports in a row. */
  readonly servicesPort: number
  /** Where what it prints goes. */
  readonly output: 'inherit' | 'ignore'
}

const root = dirname(dirname(import.meta.dir))

/** Ready when this resolves. */
export async function startOwnShop(options: OwnShopOptions): Promise<OwnShop> {
  const { port, servicesPort, output } = options
  const data = mkdtempSync(join(tmpdir(), 'own-shop-'))
  const shop = Bun.spawn(
    [
      process.execPath,
      join(root, 'scripts/start.ts'),
      ...[
        '--port',
        String(port),
        '--services-port',
        String(servicesPort),
        '--data',
        data,
        '--no-docs',
      ],
    ],
    { cwd: root, stdout: output, stderr: 'inherit' },
  )
  const host = `http://127.0.0.1:${port}`
  const probes = Object.values(prefixes).map((prefix) => `${host}${prefix}/health/ready`)
  const isReady = (url: string) =>
    fetch(url).then(
      (answer) => answer.ok,
      () => false,
    )
  while (!(await Promise.all(probes.map(isReady))).every(Boolean)) {
    if (shop.exitCode !== null) {
      rmSync(data, { recursive: true, force: true })
      throw new Error('The shop did not start.')
    }
    await Bun.sleep(200)
  }
  const service = (index: number) => `http://127.0.0.1:${servicesPort + index}`
  return {
    host,
    services: { catalog: service(0), cart: service(1), order: service(2), user: service(3) },
    async stop() {
      shop.kill('SIGTERM')
      const code = await shop.exited
      rmSync(data, { recursive: true, force: true })
      if (code !== 0) throw new Error('The shop did not stop cleanly.')
    },
  }
}
