/** The compose file at the project's root, and the one in infra/ that includes it. */
import { generated, type FileText } from '../generated.ts'
import { composeService, network } from './service.ts'
import { addresses, shopServices, shopVolumes } from './shop.ts'
import { switchesFile, switchesPath } from './switches.ts'
import { watchingServices, watchingVolumes } from './watching.ts'

/** Paths from the project's root. */
export function composeFiles(): readonly FileText[] {
  const plans = { ...shopServices, ...watchingServices }
  const { subnet, dynamic } = addresses
  const root = {
    services: Object.fromEntries(
      Object.entries(plans).map(([name, plan]) => [name, composeService(plan)]),
    ),
    networks: {
      [network]: { ipam: { config: [{ subnet, ip_range: dynamic }] } },
    },
    volumes: Object.fromEntries([...shopVolumes, ...watchingVolumes].map((name) => [name, {}])),
  }
  return [
    generated('docker-compose.yml', root),
    generated(switchesPath, switchesFile),
    generated('infra/docker-compose.yml', { include: ['../docker-compose.yml'] }),
  ]
}
