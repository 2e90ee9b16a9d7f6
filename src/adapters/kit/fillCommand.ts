import { AgentError } from './adapter.ts'

/** What may stand in braces in a command's words. */
export interface Fillings {
  readonly prompt: string
  readonly promptFile: string
  /** Null where the agent's own session id is not known. */
  readonly session: string | null
  readonly workspace: string
}

/** The most that Linux takes as one word of a command, in bytes. */
const MAX_WORD_BYTES = 131_071

/**
 * The command with {prompt}, {promptFile}, {session} and {workspace} filled in, each once: what is filled in is not looked
 * at again.
 *
 * @throws AgentError where a word would be none that a system can take.
 */
export function fillCommand(words: readonly string[], fillings: Fillings): string[] {
  return words.map((word) => {
    const filled = word.replace(/\{(prompt|promptFile|session|workspace)\}/g, (_, name: keyof Fillings) => {
      return fillings[name] ?? ''
    })
    if (filled.includes('\0')) throw unsendable('a NUL character, which no argument can have')
    const bytes = Buffer.byteLength(filled)
    if (bytes > MAX_WORD_BYTES) throw unsendable(`${bytes} bytes, more than an argument can have`)
    return filled
  })
}

function unsendable(because: string): AgentError {
  return new AgentError(
    'HUMAN_REQUIRED',
    'PROMPT_UNSENDABLE',
    `the agent's command has an argument with ${because}`,
    'Give the prompt as `stdin` or `file` in the definition of the agent.',
  )
}
