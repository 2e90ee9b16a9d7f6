import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** How a command is run. */
export interface CommandOptions {
  readonly cwd: string
  /** Added to the environment; undefined removes a variable. */
  readonly env?: NodeJS.ProcessEnv
  /** The user and group to run as; the present one if left out. */
  readonly uid?: number | undefined
}

/** A running program. */
export interface StartedProgram {
  /** Resolves to the first match in what it prints; rejects with its output if it ends before. */
  find(pattern: RegExp): Promise<RegExpExecArray>
  /** Sends SIGTERM to the program alone, waits, and returns its exit code. */
  stop(): Promise<number | null>
}

/** How long a program has to end after SIGTERM, in milliseconds. */
const END_MS = 60_000

/** How much of a failed command's output is told, in characters. */
const TOLD = 1_500

/**
 * Runs commands in process groups of their own, so that all of them, with everything that they started, can be ended at once, and
 * Ctrl-C reaches none of them before.
 */
export class Commands {
  readonly #children = new Set<ChildProcess>()
  readonly #signal: AbortSignal

  /** @param signal ends every command, and lets none be started afterwards */
  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  /** Runs a command to its end and returns what it printed; rejects with its output unless it exits with 0. */
  async run(command: string, words: readonly string[], options: CommandOptions): Promise<string> {
    const child = this.#spawn(command, words, options)
    const output = collect(child)
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
    if (code === 0) return output.stdout()
    throw new Error(
      `${command} ${words.join(' ')} ended with ${code ?? signal}: ${output.all().slice(-TOLD)}`,
    )
  }

  /** Starts a program that does not end by itself. */
  start(command: string, words: readonly string[], options: CommandOptions): StartedProgram {
    const child = this.#spawn(command, words, options)
    const output = collect(child)
    const ended = once(child, 'close') as Promise<[number | null]>
    // Who waits for it hears of it.
    ended.catch(() => undefined)
    return {
      find: (pattern) =>
        new Promise((resolve, reject) => {
          const look = () => {
            const match = pattern.exec(output.all())
            if (match) resolve(match)
          }
          output.onMore(look)
          look()
          ended.then(
            () => reject(new Error(`${command} ended too early: ${output.all().slice(-TOLD)}`)),
            reject,
          )
        }),
      async stop() {
        child.kill('SIGTERM')
        const [code] = await ended
        return code
      },
    }
  }

  /** Ends everything that is still running. */
  async close(): Promise<void> {
    await Promise.all([...this.#children].map(endGroup))
  }

  #spawn(command: string, words: readonly string[], { cwd, env, uid }: CommandOptions): ChildProcess {
    this.#signal.throwIfAborted()
    const child = spawn(command, words, {
      cwd,
      env: { ...process.env, ...env },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(uid === undefined ? {} : { uid, gid: uid }),
    })
    this.#children.add(child)
    const stop = () => void endGroup(child)
    this.#signal.addEventListener('abort', stop)
    child.once('close', () => {
      this.#children.delete(child)
      this.#signal.removeEventListener('abort', stop)
    })
    return child
  }
}

/** Keeps what a program prints. */
function collect(child: ChildProcess) {
  let [stdout, all] = ['', '']
  const listeners: (() => void)[] = []
  const add = (text: string) => {
    all += text
    for (const listener of listeners) listener()
  }
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += String(chunk)
    add(String(chunk))
  })
  child.stderr?.on('data', (chunk: Buffer) => add(String(chunk)))
  child.once('error', (error) => add(String(error)))
  return {
    stdout: () => stdout,
    all: () => all,
    onMore: (listener: () => void) => void listeners.push(listener),
  }
}

/** Ends a program in order, then whatever of its group is left. */
async function endGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined) return
  const ended = child.exitCode === null && child.signalCode === null ? once(child, 'close') : undefined
  const kill = (signal: NodeJS.Signals) => {
    try {
      process.kill(-(child.pid ?? 0), signal)
    } catch {
      // The group is gone.
    }
  }
  kill('SIGTERM')
  const late = setTimeout(() => kill('SIGKILL'), END_MS)
  await ended
  clearTimeout(late)
  kill('SIGKILL')
}
