import { composeText } from './composeText.ts'

/** How much of a command is recorded, in UTF-16 units. */
const MAX_LENGTH = 1_000

/** The command as a shell would read it; only its beginning where it is long, as prompts are. */
export function quoteCommand(command: readonly string[]): string {
  const words = command.map((word) =>
    /^[\w@%+=:,./{}-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`,
  )
  return composeText(words.join(' '), { max: MAX_LENGTH })
}
