/** `npm start` on a disk that fills up and gets space again: it goes on, and ends when it is told to. */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, setDefaultTimeout, test } from 'bun:test'
import { eventually } from '../support/ledger.ts'
import { send } from '../support/send.ts'
import { freePorts, freeRow } from '../support/ports.ts'
import { testsNeed } from '../support/tools.ts'

setDefaultTimeout(120_000)

const root = join(import.meta.dir, '../..')
const directory = mkdtempSync(join(tmpdir(), 'full-disk-'))
const mounted =
  testsNeed('mount', 'umount') &&
  Bun.spawnSync(['mount', '-t', 'tmpfs', '-o', 'size=40m', 'none', directory]).exitCode === 0

const [port = 0] = await freePorts(1)
const servicesPort = await freeRow(5)
const gateway = `http://127.0.0.1:${port}`
let launcher: Bun.Subprocess | null = null
afterAll(async () => {
  launcher?.kill('SIGKILL')
  await launcher?.exited
  if (mounted) Bun.spawnSync(['umount', '-l', directory])
  rmSync(directory, { recursive: true, force: true })
})

function start(): Bun.Subprocess {
  const ports = ['--port', String(port), '--services-port', String(servicesPort)]
  return Bun.spawn(
    [
      process.execPath,
      'scripts/run.mjs',
      'scripts/start.ts',
      ...ports,
      '--data',
      directory,
      '--no-docs',
    ],
    {
      cwd: root,
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: tmpdir(),
        DEMO_PRODUCTS: '200',
        DRAIN_DELAY_MS: '50',
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
}

/** Takes all the space there is; the names of the files that give it back. */
function fill(): string {
  const path = join(directory, 'ballast')
  const file = openSync(path, 'w')
  try {
    for (const size of [1_048_576, 4_096, 1]) {
      try {
        for (;;) writeSync(file, new Uint8Array(size))
      } catch {
        // Full in steps of this size.
      }
    }
  } finally {
    closeSync(file)
  }
  return path
}

const ready = (service: string) =>
  send('GET', `${gateway}/${service}/health/ready`).then(
    ({ status }) => status,
    () => 0,
  )

const register = (username: string) =>
  send('POST', `${gateway}/user-api/users/register`, {
    json: { username, password: 'correct horse', full_name: 'Test Buyer' },
  })

const name = 'a full disk stops writes alone, and all is as before once there is space'
if (!mounted) test.skip(`${name}: no file system can be mounted here`, () => {})
else {
  test(name, async () => {
    launcher = start()
    const services = ['api', 'cart-api', 'order-api', 'user-api']
    const all = async (status: number) =>
      (await Promise.all(services.map(ready))).every((each) => each === status)
    await eventually('the shop is ready', () => all(200), 60_000)
    expect((await register('before')).status).toBe(200)

    const ballast = fill()
    const log = join(directory, 'logs/user.log')
    // The log of writes is filled up first, since its pages are there already.
    await eventually('writes are refused', async () => {
      return (await register(`during-${crypto.randomUUID()}`)).status === 503
    })
    await eventually('every service says that it cannot write', () => all(503))
    // Each leaves a line in the log of the user service, more than what its last page has room for.
    for (let again = 0; again < 10; again += 1) expect((await register('during')).status).toBe(503)
    // What a killed process needs on disk must not keep the launcher from starting it again.
    const pid = Number(readFileSync(join(directory, 'run/cart.pid'), 'utf8'))
    process.kill(pid, 'SIGKILL')
    await eventually(
      'reads go on',
      async () => (await send('GET', `${gateway}/api/`)).status === 200,
    )

    rmSync(ballast)
    await eventually('every service is ready again', () => all(200), 60_000)
    expect((await register('after')).status).toBe(200)
    expect((await register('before')).status).toBe(409)
    expect((await register('during')).status).toBe(200)
    await eventually('the log tells of its gap', () =>
      /\n\d+ times something could not be written here\.\n/.test(readFileSync(log, 'utf8')),
    )

    launcher.kill('SIGTERM')
    expect(await launcher.exited).toBe(0)
    // Their last words came after the disk was full.
    for (const service of ['cart', 'order', 'user']) {
      expect(readFileSync(join(directory, `logs/${service}.log`), 'utf8')).toEndWith(
        '"msg":"stopped"}\n',
      )
    }
  })
}
