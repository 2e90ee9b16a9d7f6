import { EXIT } from '../kit/exitCodes.ts'
import { expectEqual } from './demo.ts'
import type { Demo } from './demo.ts'

/** Shows a command that succeeds, with what it answers. */
export async function showCommand({ narrator, commands }: Demo, words: readonly string[]): Promise<void> {
  narrator.command(['pawl', ...words.map(quote)].join(' '))
  const code = await commands.run(words, (line, stream) => {
    if (stream === 'stdout') narrator.echo(line)
  })
  expectEqual(code, EXIT.done)
}

/** A word as it is typed in a shell. */
export function quote(word: string): string {
  return /^[\w./=:-]+$/.test(word) ? word : `'${word}'`
}
