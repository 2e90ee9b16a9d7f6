import { createInterface } from 'node:readline/promises'
import type { Interface, ReadLineOptions } from 'node:readline/promises'

/**
 * Lets a person be asked at the terminal, and gives the terminal back when `ask` is done.
 *
 * @param options where the questions are written, and whether that is a terminal (default: as it says itself)
 * @returns what `ask` returns
 */
export async function withPrompt<Answer>(
  options: Pick<ReadLineOptions, 'output' | 'terminal'>,
  ask: (terminal: Interface) => Promise<Answer>,
): Promise<Answer> {
  const terminal = createInterface({ input: process.stdin, ...options })
  // While readline waits for an answer, it receives Ctrl-C instead of the process.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  try {
    return await ask(terminal)
  } finally {
    terminal.close()
    // An open stdin would keep the process alive.
    process.stdin.pause()
  }
}
