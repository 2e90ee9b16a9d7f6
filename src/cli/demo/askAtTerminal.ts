import { createInterface } from 'node:readline/promises'
import { timeLimit } from '../../processes/timeLimit.ts'

/** Asks a question on the terminal; undefined if nothing was typed in time or the demonstration was interrupted. */
export async function askAtTerminal(
  question: string,
  { seconds, signal }: { seconds: number; signal: AbortSignal },
): Promise<string | undefined> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  // While readline waits for an answer, it receives Ctrl-C instead of the process.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  try {
    return await terminal.question(question, { signal: timeLimit(seconds * 1_000, signal) })
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'AbortError') throw error
    process.stdout.write('\n')
    return undefined
  } finally {
    terminal.close()
    // An open stdin would keep the process alive.
    process.stdin.pause()
  }
}
