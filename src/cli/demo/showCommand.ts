import { EXIT } from '../kit/exitCodes.ts'
import { insist } from './scene.ts'
import type { Scene } from './scene.ts'

/** Shows a command that succeeds, with what it answers. */
export async function showCommand({ stage, backstage }: Scene, words: readonly string[]): Promise<void> {
  stage.command(['pawl', ...words.map(quote)].join(' '))
  const code = await backstage.run(words, (line, stream) => {
    if (stream === 'stdout') stage.echo(line)
  })
  insist(code, EXIT.done)
}

/** A word as it is typed in a shell. */
export function quote(word: string): string {
  return /^[\w./=:-]+$/.test(word) ? word : `'${word}'`
}
