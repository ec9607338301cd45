/** A real nginx before whatever a test puts behind it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { demoProfile, nginxFiles, type NginxPlace } from '../../infra/nginx/files.ts'
import { freePorts } from './ports.ts'
import { startServer } from './server.ts'

export interface TestNginx extends AsyncDisposable {
  /** Address without a slash at its end. */
  readonly url: string
  readonly port: number
  readonly statusUrl: string
  /** The lines of the access log so far. */
  log(): readonly Readonly<Record<string, unknown>>[]
  stop(): Promise<void>
}

export type Behind = Pick<NginxPlace, 'services' | 'gateway'> & Partial<NginxPlace>

export async function startNginx(behind: Behind): Promise<TestNginx> {
  const directory = mkdtempSync(join(tmpdir(), 'nginx-'))
  const [port = 0, statusPort = 0] = await freePorts(2)
  const accessLog = join(directory, 'access.log')
  const [file] = nginxFiles({
    listen: `127.0.0.1:${port}`,
    statusListen: `127.0.0.1:${statusPort}`,
    jaeger: null,
    locust: null,
    trustedProxies: [],
    corsOrigins: [],
    resolver: null,
    ...demoProfile,
    files: {
      pid: join(directory, 'nginx.pid'),
      errorLog: join(directory, 'error.log'),
      accessLog,
      temporary: directory,
    },
    ...behind,
  })
  const config = join(directory, 'nginx.conf')
  writeFileSync(config, file?.text ?? '')
  const statusUrl = `http://127.0.0.1:${statusPort}/stub_status`
  const server = await startServer(['nginx', '-c', config], {
    ready: statusUrl,
    logFile: join(directory, 'output.log'),
  })
  const stop = async (): Promise<void> => {
    await server.stop()
    rmSync(directory, { recursive: true, force: true })
  }
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    statusUrl,
    log: () =>
      readFileSync(accessLog, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        // Every line has to be an object: that is a part of what is tested.
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

/** `127.0.0.1:8000` of `http://127.0.0.1:8000`. */
export const hostOf = (url: string): string => new URL(url).host
