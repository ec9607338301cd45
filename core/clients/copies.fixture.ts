/** Made-up copies of a service, with health and answers as a test wants them. */

export interface FakeCopy extends Disposable {
  readonly address: string
  /** What `/health/ready` says: 200, 503, 503 for want of its store, or nothing at all. */
  health: 'ready' | 'draining' | 'store unavailable' | 'hangs'
  /** Calls other than health checks. */
  calls: number
  /** What they get. */
  answer: () => Response | Promise<Response>
}

export function fakeCopy(answer: FakeCopy['answer'] = () => new Response('served')): FakeCopy {
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch(request) {
      if (new URL(request.url).pathname !== '/health/ready') {
        copy.calls++
        return copy.answer()
      }
      if (copy.health === 'hangs') return new Promise<Response>(() => {})
      return copy.health === 'ready'
        ? Response.json({ status: 'ok' })
        : Response.json({ status: 'unavailable', reason: copy.health }, { status: 503 })
    },
  })
  const copy: FakeCopy = {
    address: `http://127.0.0.1:${server.port}`,
    health: 'ready',
    calls: 0,
    answer,
    [Symbol.dispose]: () => void server.stop(true),
  }
  return copy
}

/** Waits for a condition; fails with its description. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const end = performance.now() + 10_000
  while (!condition()) {
    if (performance.now() > end) throw new Error(`Waited in vain until ${what}.`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
