import { Writable } from 'node:stream'
import { decodeText } from '../../text/decodeText.ts'
import { readFileSync } from 'node:fs'
import { withPrompt } from '../terminal/withPrompt.ts'

/** Asks for a secret: on a terminal without showing what is typed, else as the first line of standard input. */
export async function askSecret(question: string): Promise<string> {
  if (!process.stdin.isTTY) return decodeText(readFileSync(0)).split('\n', 1)[0]?.trim() ?? ''
  process.stderr.write(question)
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  try {
    return await withPrompt({ output: silent, terminal: true }, async (terminal) =>
      (await terminal.question('')).trim(),
    )
  } finally {
    process.stderr.write('\n')
  }
}
