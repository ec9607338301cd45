/** Waits for a condition, and says which one did not come true. */

export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  limit = 20_000,
): Promise<void> {
  const end = Date.now() + limit
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`It did not come true that ${what}.`)
    await Bun.sleep(20)
  }
}
