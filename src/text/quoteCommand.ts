import { composeText } from './composeText.ts'

/** Maximum length of a recorded command, in UTF-16 units. */
const MAX_LENGTH = 1_000

/** The command, quoted for a shell; a long one is cut. */
export function quoteCommand(command: readonly string[]): string {
  const words = command.map((word) =>
    /^[\w@%+=:,./{}-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`,
  )
  return composeText(words.join(' '), { max: MAX_LENGTH })
}
