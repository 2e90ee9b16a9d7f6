import { quoteWord } from '../../text/quoteCommand.ts'
import { EXIT } from '../kit/exitCodes.ts'
import { expectEqual } from './demo.ts'
import type { Demo } from './demo.ts'

/** Runs a command that must succeed, and shows it with its output. */
export async function showCommand({ narrator, commands }: Demo, words: readonly string[]): Promise<void> {
  narrator.command(['pawl', ...words.map(quoteWord)].join(' '))
  const code = await commands.run(words, (line, stream) => {
    if (stream === 'stdout') narrator.echo(line)
  })
  expectEqual(code, EXIT.done)
}
