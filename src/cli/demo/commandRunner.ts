import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { Colors } from '../terminal/printer.ts'

/** Which server the commands are sent to, and whether they print colours. */
export interface CommandRunnerOptions {
  readonly url: string
  readonly token: string
  readonly colors: Colors
}

/** Called with each line that a command prints. */
export type Listener = (line: string, stream: 'stdout' | 'stderr') => void

/** A running command. */
export interface Started {
  /** Undefined if the runner was stopped, so that nothing was started. */
  readonly pid: number | undefined
  /** Resolves to its exit code; 1 if a signal ended it. */
  readonly ended: Promise<number>
  /** Sends it a signal; does nothing once it has ended. */
  readonly kill: (signal: NodeJS.Signals) => void
}

/** Runs `pawl` commands as real processes, the way a person's terminal would. */
export class CommandRunner {
  readonly #env: NodeJS.ProcessEnv
  readonly #children = new Set<ChildProcess>()
  #isStopped = false

  constructor({ url, token, colors }: CommandRunnerOptions) {
    const {
      PAWL_RUN_ID: _run,
      PAWL_EXECUTION_ID: _execution,
      PAWL_DATA: _data,
      NO_COLOR: _plain,
      ...env
    } = process.env
    const look = colors.isColorSupported ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }
    this.#env = { ...env, ...look, PAWL_URL: url, PAWL_TOKEN: token }
  }

  /** Runs `pawl` with these arguments and returns its exit code. */
  run(words: readonly string[], listener: Listener): Promise<number> {
    return this.start(words, listener).ended
  }

  /** Starts `pawl` with these arguments. */
  start(words: readonly string[], listener: Listener): Started {
    if (this.#isStopped) return { pid: undefined, ended: Promise.resolve(130), kill: () => undefined }
    const script = process.argv[1] ?? ''
    const child = spawn(process.execPath, [...process.execArgv, script, ...words], {
      env: this.#env,
      // by the end of its channel a command notices that this program was killed
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    for (const stream of ['stdout', 'stderr'] as const) {
      createInterface({ input: child[stream] as Readable }).on('line', (line) => listener(line, stream))
    }
    return { pid: child.pid, ended: this.#end(child), kill: (signal) => void child.kill(signal) }
  }

  async #end(child: ChildProcess): Promise<number> {
    this.#children.add(child)
    try {
      const [code] = (await once(child, 'close')) as [number | null]
      return code ?? 1
    } finally {
      this.#children.delete(child)
    }
  }

  /** Stops every running command; nothing can be started afterwards. */
  async stop(): Promise<void> {
    this.#isStopped = true
    const ended = [...this.#children].map((child) => once(child, 'close'))
    for (const child of this.#children) child.kill('SIGTERM')
    await Promise.all(ended)
  }
}
