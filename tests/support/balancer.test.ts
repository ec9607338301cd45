/** The address that copies of a service share in tests. */
import { expect, test } from 'bun:test'
import { balance } from './balancer.ts'
import { freePorts } from './ports.ts'

const serve = (port: number) =>
  Bun.serve({
    hostname: '127.0.0.1',
    port,
    fetch: async (request) => new Response(`${port} ${await request.text()}`),
  })

test('connections go to the copies in turn, and past one that is not there', async () => {
  const [shared = 0, first = 0, second = 0] = await freePorts(3)
  const [one, two] = [serve(first), serve(second)]
  const balancer = await balance(shared, [first, second])
  const ask = async (): Promise<string> => {
    const body = 'тело'
    const url = `http://127.0.0.1:${shared}`
    const answer = await fetch(url, { method: 'POST', body, keepalive: false })
    return answer.text()
  }
  const expected = [`${first} тело`, `${second} тело`]
  expect([await ask(), await ask()].sort()).toEqual(expected.sort())
  await one.stop(true)
  expect([await ask(), await ask()]).toEqual([`${second} тело`, `${second} тело`])
  await two.stop(true)
  const refused = await ask().catch(() => 'no answer')
  expect(refused).toBe('no answer')
  await balancer.stop()
})
