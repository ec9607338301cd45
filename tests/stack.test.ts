/** `npm run stack` as an operator meets it: up, asked, ill and told of it, killed, stopped. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { eventually } from './support/ledger.ts'
import { lives, patience, stackPrograms, testStack, type StackRun } from './support/stack.ts'
import { testsNeed } from './support/tools.ts'

setDefaultTimeout(240_000)

const able = testsNeed(...stackPrograms)

describe.skipIf(!able)('npm run stack', async () => {
  if (!able) return
  const stack = await testStack()
  const { telegram, portOf, pidOf } = stack
  afterAll(stack.stop)
  const services = ['catalog', 'cart', 'order', 'user', 'gateway']
  const others = ['nginx', 'prometheus', 'alertmanager', 'nginx-exporter', 'node-exporter']
  const processes = () => [...services, 'shop', ...others].map(pidOf)
  let running: StackRun | null = null

  test('is up, tells where everything is, and every address answers', async () => {
    running = await stack.up()
    const table = running.output()
    for (const label of ['Shop', 'nginx', 'Prometheus', 'Alertmanager', 'node exporter']) {
      expect(table).toMatch(new RegExp(`${label} +well +[\\d.]+ s +\\d+ MiB`))
    }
    expect(table).toMatch(/Grafana +not here/)
    expect(table).toMatch(/Jaeger +not here +left out by --without/)
    for (const path of ['/docs/', '/swagger/', '/profiles/', '/api/products/categories/list']) {
      const answer = await fetch(`http://127.0.0.1:${portOf('nginx')}${path}`)
      expect([path, answer.status]).toEqual([path, 200])
    }
    const { code, output } = await stack.ask('status')
    expect([code, output]).toEqual([0, expect.stringMatching(/Shop +well/)])
    const second = stack.run('--without', 'jaeger,locust')
    expect(await second.child.exited).toBe(1)
    expect(second.output()).toContain('already runs')
  })
  test('is scraped whole', async () => {
    const jobs = ['cart', 'catalog', 'gateway', 'nginx', 'node', 'order', 'prometheus', 'user']
    await eventually(
      'all jobs are up',
      async () => (await stack.scraped()).join() === jobs.join(),
      patience,
    )
    expect(await stack.firing()).toEqual([])
  })
  test.skipIf(!testsNeed('curl'))(
    'every query of a runbook is one that Prometheus answers',
    async () => {
      const pages = await Array.fromAsync(new Bun.Glob('docs/runbooks/*.md').scan())
      const queries = pages.flatMap((page) =>
        readFileSync(page, 'utf8')
          .split('\n')
          .filter((line) => line.startsWith('curl -fs') && line.includes(':9090')),
      )
      expect(queries.length).toBeGreaterThan(40)
      for (const query of queries) {
        const own = query.replace('localhost:9090', `127.0.0.1:${portOf('prometheus')}`)
        const { exitCode, stdout } = Bun.spawnSync(['sh', '-c', own])
        const success = expect.stringContaining('"status":"success"')
        expect([query, exitCode, stdout.toString()]).toEqual([query, 0, success])
      }
    },
  )
  test('a service that hangs is told of, alone, and so is its end', async () => {
    process.kill(pidOf('cart'), 'SIGSTOP')
    await eventually('it was told', () => telegram.texts('ServiceDown').length > 0, patience)
    expect((await stack.firing()).filter((alert) => alert.startsWith('ServiceDown'))).toEqual([
      'ServiceDown cart',
    ])
    const [told = ''] = telegram.texts()
    expect(told).toStartWith('<b>CRITICAL: 1 firing</b>\n\n<b>ServiceDown</b>: cart at 127.0.0.1:')
    expect(told).toContain('/docs/runbooks/service-down">What to do</a>')
    expect((await stack.ask('status')).code).toBe(1)
    process.kill(pidOf('cart'), 'SIGCONT')
    const resolved = () => telegram.texts('ServiceDown').some((text) => text.includes('RESOLVED'))
    await eventually('its end was told', resolved, patience)
    expect(telegram.texts('CRITICAL')).toHaveLength(1)
    await eventually('nothing fires', async () => (await stack.firing()).length === 0, patience)
  })
  test('stops whole on request', async () => {
    const pids = processes()
    expect((await stack.ask('stop')).code).toBe(0)
    expect(await running?.child.exited).toBe(0)
    expect(running?.output()).toEndWith('Stopped.\n')
    expect(pids.filter(lives)).toEqual([])
    expect((await stack.ask('status')).code).toBe(1)
  })
  test('leaves nothing behind when it is killed, and starts again', async () => {
    await stack.up()
    const pids = processes()
    const state = readFileSync(join(stack.data, 'run/stack.json'), 'utf8')
    process.kill((JSON.parse(state) as { readonly pid: number }).pid, 'SIGKILL')
    await eventually('all are gone', () => !pids.some(lives), patience)
    await stack.up()
    expect((await stack.ask('stop')).code).toBe(0)
  })
})
