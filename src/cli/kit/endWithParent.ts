/**
 * Ends this command as a SIGTERM does when the program is gone that started it with an IPC channel, as `pawl demo` starts workers: one that is
 * killed can tell nobody. The channel itself keeps no command from ending.
 */
export function endWithParent(): void {
  if (!process.channel) return
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
  process.channel.unref()
}
