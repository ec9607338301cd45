/** What `--no-orphans` does on Bun: ends this process when the one that started it is gone. */

const parent = process.ppid
setInterval(() => {
  // A kill like Bun's: whoever died without stopping the shop did not ask for a clean end.
  if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL')
}, 200).unref()
