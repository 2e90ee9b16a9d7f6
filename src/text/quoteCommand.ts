import { composeText } from './composeText.ts'

/** Maximum length of a recorded command, in UTF-16 units. */
const MAX_LENGTH = 1_000

/** Words that every shell takes as they are, wherever they stand. */
const PLAIN = /^[\w@%+:./{}-][\w@%+=:,./{}-]*$/
/** What shells expand in a plain word: `{a,b}` and `{1..3}`. */
const EXPANDED = /\{.*(?:,|\.\.).*\}/
/** What is no command but an assignment, where it stands first. */
const ASSIGNMENT = /^\w+=/

/** The word as a POSIX shell reads it as one word: as it is where it is plain, else in single quotes. */
export function quoteWord(word: string): string {
  const isPlain = PLAIN.test(word) && !EXPANDED.test(word) && !ASSIGNMENT.test(word)
  return isPlain ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

/** The command, quoted for a shell; a long one is cut. */
export function quoteCommand(command: readonly string[]): string {
  return composeText(command.map(quoteWord).join(' '), { max: MAX_LENGTH })
}
