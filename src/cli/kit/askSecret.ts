import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { decodeText } from '../../text/decodeText.ts'
import { readFileSync } from 'node:fs'

/** Asks for a secret: on a terminal without showing what is typed, else as the first line of standard input. */
export async function askSecret(question: string): Promise<string> {
  if (!process.stdin.isTTY) return decodeText(readFileSync(0)).split('\n', 1)[0]?.trim() ?? ''
  process.stderr.write(question)
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true })
  // while readline waits for an answer, it receives Ctrl-C instead of the process
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  try {
    return (await terminal.question('')).trim()
  } finally {
    terminal.close()
    process.stderr.write('\n')
  }
}
