import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { startChild } from '../../support/startChild.ts'

/** The built command, as it is installed; PAWL_COMMAND names another build. */
export const PAWL = process.env['PAWL_COMMAND'] ?? join(import.meta.dirname, '../../../dist/pawl.js')

/** How a command is called. */
export interface PawlOptions {
  /** Beside PATH and HOME there is nothing else in the environment. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Default: a folder of its own, since one run at a time works in a directory. */
  readonly cwd?: string
  /** Standard input; empty by default. */
  readonly input?: string
}

/** What came of a command. */
export interface PawlEnded {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A command under way. */
export interface PawlProcess {
  readonly pid: number
  readonly ended: Promise<PawlEnded>
  /** What it has printed so far, on both streams. */
  readonly printed: () => string
  kill(signal: NodeJS.Signals): void
  /** Resolves with the match as soon as the pattern is printed; rejects where the command ends before. */
  until(pattern: RegExp): Promise<RegExpExecArray>
  /** Closes this end of its standard output, as a reader does that has seen enough. */
  stopReading(): void
}

/** Calls `pawl` with these words. A command that outlives its test is killed. */
export function startPawl(words: readonly string[], options: PawlOptions = {}): PawlProcess {
  if (!existsSync(PAWL)) throw new Error(`${PAWL} is missing: npm run build`)
  return startProcess(process.execPath, [PAWL, ...words], options)
}

function startProcess(command: string, words: readonly string[], options: PawlOptions): PawlProcess {
  const { PATH, HOME } = process.env
  const child = startChild(command, words, {
    cwd: options.cwd ?? makeFolder(),
    // no server of another test is found by its registration
    env: { PATH, HOME, XDG_CONFIG_HOME: makeFolder(), ...options.env },
    stdio: 'pipe',
  })
  let stdout = ''
  let stderr = ''
  let hasEnded = false
  const listeners = new Set<() => void>()
  const wake = () => listeners.forEach((listener) => listener())
  child.stdout.on('data', (chunk) => {
    stdout += String(chunk)
    wake()
  })
  child.stderr.on('data', (chunk) => {
    stderr += String(chunk)
    wake()
  })
  // A command that reads no input may be gone before it is written.
  child.stdin.on('error', () => undefined)
  child.stdin.end(options.input ?? '')
  const ended = new Promise<PawlEnded>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      hasEnded = true
      resolve({ code, signal, stdout, stderr })
      wake()
    })
  })
  onTestFinished(async () => {
    if (!hasEnded) child.kill('SIGKILL')
    await ended
  })
  return {
    pid: child.pid as number,
    ended,
    printed: () => stdout + stderr,
    kill: (signal) => void child.kill(signal),
    stopReading: () => child.stdout.destroy(),
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(stdout + stderr)
          if (match) resolve(match)
          else if (hasEnded) reject(new Error(`ended without printing ${pattern}:\n${stdout}${stderr}`))
          else return
          listeners.delete(look)
        }
        listeners.add(look)
        look()
      }),
  }
}

export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pawl-cwd-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Calls `pawl` and waits for its end. */
export function runPawl(words: readonly string[], options: PawlOptions = {}): Promise<PawlEnded> {
  return startPawl(words, options).ended
}

/** `runPawl` bound to a server and a token. */
export function pawlAt(url: string, token: string) {
  const env = { PAWL_URL: url, PAWL_TOKEN: token }
  const withEnv = (options: PawlOptions): PawlOptions => ({ ...options, env: { ...env, ...options.env } })
  return {
    env,
    run: (words: readonly string[], options: PawlOptions = {}) => runPawl(words, withEnv(options)),
    /** Runs a line of a shell in which `pawl` is the command under test. */
    shell: (line: string, options: PawlOptions = {}) =>
      startProcess(
        'sh',
        ['-c', `pawl() { '${process.execPath}' '${PAWL}' "$@"; }; ${line}`],
        withEnv(options),
      ).ended,
    /** As `shell`, in bash. */
    bash: (line: string, options: PawlOptions = {}) =>
      startProcess(
        'bash',
        ['-c', `pawl() { '${process.execPath}' '${PAWL}' "$@"; }; ${line}`],
        withEnv(options),
      ).ended,
    start: (words: readonly string[], options: PawlOptions = {}) => startPawl(words, withEnv(options)),
    /** Runs a command with `--json`, and returns what it answered. */
    json: async (words: readonly string[], options: PawlOptions = {}) => {
      const ended = await runPawl([...words, '--json'], withEnv(options))
      return { ...ended, answer: JSON.parse(ended.stdout) as Record<string, unknown> }
    },
  }
}
