/** What every container of the compose file has: limits, no rights that it does not need, a sign of life. */
import { switches, switchesPath, type Switch } from './switches.ts'

export interface Health {
  readonly test: readonly string[]
  /** Seconds that it may take to start. */
  readonly start?: number
}

export interface ServicePlan {
  /** What PROFILE or STORE changes in it. */
  readonly extends?: Switch
  readonly image?: string
  readonly build?: object
  readonly command?: readonly string[] | string
  readonly entrypoint?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly user?: string
  /** `from:to[:ro]`, from the project's root. */
  readonly volumes?: readonly string[]
  /** Folders in memory: all else of the root is read only. */
  readonly temporary?: readonly string[]
  /** Ports of this machine: the same inside and outside. */
  readonly publish?: readonly string[]
  /** Never what PROFILE or STORE may leave out. */
  readonly needs?: Readonly<Record<string, 'started' | 'healthy' | 'completed'>>
  readonly health?: Health
  /** MiB. */
  readonly memory: number
  readonly cpus?: string
  /** Address on the network, where somebody has to know it. */
  readonly address?: string
  /** Time to end by itself before it is ended. */
  readonly grace?: string
  /** Runs once and is done. */
  readonly once?: boolean
  readonly writableRoot?: boolean
  readonly capabilities?: readonly string[]
}

const conditions = {
  started: 'service_started',
  healthy: 'service_healthy',
  completed: 'service_completed_successfully',
} as const

export const network = 'shop'

export function composeService(plan: ServicePlan): object {
  const { image, build, command, entrypoint, environment, user, volumes, temporary } = plan
  return {
    ...(plan.extends !== undefined && {
      extends: { file: switchesPath, service: switches[plan.extends] },
    }),
    ...(image !== undefined && { image }),
    ...(build !== undefined && { build }),
    ...(entrypoint !== undefined && { entrypoint }),
    ...(command !== undefined && { command }),
    ...(environment !== undefined && { environment }),
    ...(user !== undefined && { user }),
    ...(plan.writableRoot !== true && { read_only: true }),
    tmpfs: temporary ?? ['/tmp'],
    ...(volumes !== undefined && { volumes }),
    ...(plan.publish !== undefined && { ports: plan.publish }),
    networks:
      plan.address === undefined ? [network] : { [network]: { ipv4_address: plan.address } },
    ...(plan.needs !== undefined && {
      depends_on: Object.fromEntries(
        Object.entries(plan.needs).map(([name, state]) => [name, { condition: conditions[state] }]),
      ),
    }),
    ...(plan.health !== undefined && {
      healthcheck: {
        test: plan.health.test,
        interval: '5s',
        timeout: '5s',
        retries: 12,
        start_period: `${plan.health.start ?? 10}s`,
      },
    }),
    cap_drop: ['ALL'],
    ...(plan.capabilities !== undefined && { cap_add: plan.capabilities }),
    security_opt: ['no-new-privileges:true'],
    deploy: {
      resources: { limits: { memory: `${plan.memory}M`, cpus: plan.cpus ?? '1.0' } },
    },
    logging: { driver: 'json-file', options: { 'max-size': '16m', 'max-file': '2' } },
    ...(plan.grace !== undefined && { stop_grace_period: plan.grace }),
    restart: plan.once === true ? 'no' : 'unless-stopped',
  }
}

/** A sign of life by BusyBox's wget, which the images on Alpine and BusyBox have. */
export const wget = (port: number, path: string): Health => ({
  test: ['CMD', 'wget', '-q', '-O', '/dev/null', `http://127.0.0.1:${port}${path}`],
})
