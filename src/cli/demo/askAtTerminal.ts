import { createInterface } from 'node:readline/promises'

/** What a person types; undefined where nothing was typed in time, or the demonstration was left. */
export async function askAtTerminal(
  question: string,
  { seconds, signal }: { seconds: number; signal: AbortSignal },
): Promise<string | undefined> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  // While a question stands on the terminal, Ctrl-C comes here and not to the process.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  try {
    return await terminal.question(question, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(seconds * 1_000)]),
    })
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'AbortError') throw error
    process.stdout.write('\n')
    return undefined
  } finally {
    terminal.close()
    // Nobody reads any more: an open input would keep the process.
    process.stdin.pause()
  }
}
