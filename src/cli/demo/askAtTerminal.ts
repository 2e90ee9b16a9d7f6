import { timeLimit } from '../../processes/timeLimit.ts'
import { withPrompt } from '../terminal/withPrompt.ts'

/** Asks a question on the terminal; undefined if nothing was typed in time or the demonstration was interrupted. */
export async function askAtTerminal(
  question: string,
  { seconds, signal }: { seconds: number; signal: AbortSignal },
): Promise<string | undefined> {
  try {
    return await withPrompt({ output: process.stdout }, (terminal) =>
      terminal.question(question, { signal: timeLimit(seconds * 1_000, signal) }),
    )
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'AbortError') throw error
    process.stdout.write('\n')
    return undefined
  }
}
