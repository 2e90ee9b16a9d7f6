import { quoteWord } from '../../../src/text/quoteCommand.ts'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { stripVTControlCharacters } from 'node:util'
import { onTestFinished } from 'vitest'
import { makeFolder, PAWL } from './pawl.ts'
import { startChild } from '../../support/startChild.ts'

/** Debian's `script` runs a command on a terminal of its own. */
const SCRIPT = '/usr/bin/script'

/** Whether a terminal can be had here. */
export const hasTerminal = existsSync(SCRIPT)

/** A command on a terminal, with a person before it. */
export interface AtTerminal {
  /** Resolves as soon as the pattern stands on the terminal; rejects where the command ends before. */
  until(pattern: RegExp): Promise<RegExpExecArray>
  /** Types a line. */
  type(line: string): void
  /** Presses Ctrl-C. */
  interrupt(): void
  readonly ended: Promise<{ readonly code: number | null; readonly printed: string }>
}

/** Calls `pawl` on a terminal. */
export function startAtTerminal(
  words: readonly string[],
  env: Record<string, string>,
  cwd = tmpdir(),
): AtTerminal {
  const command = [process.execPath, PAWL, ...words].map(quoteWord)
  const { PATH, HOME } = process.env
  const child = startChild(SCRIPT, ['--quiet', '--return', '--command', command.join(' '), '/dev/null'], {
    cwd,
    env: {
      PATH,
      HOME,
      XDG_CONFIG_HOME: makeFolder(),
      TERM: 'xterm',
      SHELL: '/bin/sh',
      NO_COLOR: '1',
      ...env,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let printed = ''
  let hasEnded = false
  const listeners = new Set<() => void>()
  const wake = () => listeners.forEach((listener) => listener())
  child.stdout.on('data', (chunk) => {
    printed += stripVTControlCharacters(String(chunk)).replaceAll('\r', '')
    wake()
  })
  child.stdin.on('error', () => undefined)
  const ended = new Promise<{ code: number | null; printed: string }>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      hasEnded = true
      resolve({ code, printed })
      wake()
    })
  })
  onTestFinished(async () => {
    if (!hasEnded) child.kill('SIGKILL')
    await ended
  })
  return {
    ended,
    type: (line) => void child.stdin.write(`${line}\r`),
    interrupt: () => void child.stdin.write('\u0003'),
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(printed)
          if (match) resolve(match)
          else if (hasEnded) reject(new Error(`ended without showing ${pattern}:\n${printed}`))
          else return
          listeners.delete(look)
        }
        listeners.add(look)
        look()
      }),
  }
}
