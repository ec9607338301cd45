/** One after another: tasks of one key run in the order in which they came, other keys beside them. */

export type InTurn<K> = <T>(key: K, task: () => Promise<T>) => Promise<T>

/**
 * Keeps the changes of one cart in this process from colliding with each other, so that only other
 * processes can. Holds no more keys than tasks are under way, so it needs no bound of its own.
 */
export function inTurn<K>(): InTurn<K> {
  const tails = new Map<K, Promise<unknown>>()
  return (key, task) => {
    const before = tails.get(key)
    const run = before === undefined ? task() : before.then(task, task)
    tails.set(key, run)
    const leave = () => {
      if (tails.get(key) === run) tails.delete(key)
    }
    run.then(leave, leave)
    return run
  }
}
