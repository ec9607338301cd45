/** Faults that eat a resource of the process. */

/** Milliseconds of work and of rest: nearly all of a core, and each request waits for its turn. */
const work = 190
const rest = 10

/** Keeps the processor busy until the returned function is called. */
export function burnProcessor(): () => void {
  let timer: ReturnType<typeof setTimeout>
  const burn = (): void => {
    const end = performance.now() + work
    while (performance.now() < end);
    timer = setTimeout(burn, rest)
  }
  timer = setTimeout(burn, rest)
  return () => clearTimeout(timer)
}

const megabyte = 1024 * 1024
/** Megabytes in one step, and milliseconds between two: some 80 MB a second. */
const portion = 8
const interval = 100

/** Takes memory step by step, up to `limit` megabytes, and holds it until the returned function is called. */
export function leakMemory(limit: number): () => void {
  let held: Uint8Array[] = []
  const timer = setInterval(() => {
    if ((held.length + 1) * portion > limit) return
    // Filled, because pages that nobody has written to take no memory.
    held.push(new Uint8Array(portion * megabyte).fill(1))
  }, interval)
  return () => {
    clearInterval(timer)
    held = []
  }
}
