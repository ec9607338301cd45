/** Whether the start command finds a cluster to start on. */
import { createServer } from 'node:net'
import { expect, test } from 'bun:test'
import { clusterMissing } from './cluster.ts'

test('one contact point that accepts connections is enough', async () => {
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? String(address.port) : ''
  const found = { CASSANDRA_CONTACT_POINTS: `127.0.0.1:1, 127.0.0.1:${port}` }
  expect(await clusterMissing(found)).toBeNull()
  await new Promise((resolve) => server.close(resolve))
  const sentence = await clusterMissing(found)
  expect(sentence).toMatch(/^[^\n]+\.$/)
  expect(await clusterMissing({ CASSANDRA_CONTACT_POINTS: '127.0.0.9' })).toContain(
    '127.0.0.9:9042',
  )
  for (const word of [`127.0.0.1:${port}`, 'npm run cassandra -- up', 'CASSANDRA_CONTACT_POINTS'])
    expect(sentence).toContain(word)
})
