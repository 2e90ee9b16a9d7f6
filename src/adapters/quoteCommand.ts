/** How much of a command is recorded, in characters. */
const MOST = 1_000

/** The command as a shell would read it; only its beginning where it is long. */
export function quoteCommand(command: readonly string[]): string {
  const words = command.map((word) =>
    /^[\w@%+=:,./{}-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`,
  )
  const characters = Array.from(words.join(' '))
  return characters.length > MOST ? `${characters.slice(0, MOST).join('')}…` : characters.join('')
}
