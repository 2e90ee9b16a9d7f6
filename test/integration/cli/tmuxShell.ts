import { execFile, execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished } from 'vitest'
import { makeFolder } from './pawl.ts'

/** Whether tmux is installed. */
export const hasTmux = (() => {
  try {
    execFileSync('tmux', ['-V'])
    return true
  } catch {
    return false
  }
})()

/** A shell on a terminal of tmux, with a person before it. */
export interface TmuxShell {
  /** Types a line, and Return. */
  type(line: string): Promise<void>
  /** Presses a key, by its name in tmux: `C-c`, `Enter`, `q`. */
  press(key: string): Promise<void>
  resize(columns: number, rows: number): Promise<void>
  /** What stands on the terminal. */
  read(): Promise<string>
  /** Resolves as soon as the pattern stands there. */
  until(pattern: RegExp): Promise<void>
}

/** Opens a shell in a terminal of 80 columns and 24 rows; it is closed with the test. */
export async function openTmuxShell(env: Readonly<Record<string, string>>): Promise<TmuxShell> {
  const socket = join(makeFolder(), 'tmux')
  const tmux = async (...given: string[]) =>
    (await promisify(execFile)('tmux', ['-S', socket, '-f', '/dev/null', ...given])).stdout
  const variables = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`])
  await tmux('new-session', '-d', '-x', '80', '-y', '24', '-c', makeFolder(), ...variables, '/bin/sh')
  onTestFinished(async () => void (await tmux('kill-server').catch(() => undefined)))
  const read = () => tmux('capture-pane', '-p', '-J')
  return {
    async type(line) {
      await tmux('send-keys', '-l', line)
      await tmux('send-keys', 'Enter')
    },
    press: async (key) => void (await tmux('send-keys', key)),
    resize: async (columns, rows) => void (await tmux('resize-window', '-x', `${columns}`, '-y', `${rows}`)),
    read,
    until: (pattern) => expect.poll(read, { timeout: 30_000 }).toMatch(pattern),
  }
}
