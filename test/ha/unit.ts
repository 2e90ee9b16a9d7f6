import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 50

/** A program that runs beside the clients, as a unit would start it. */
export class Unit {
  readonly #command: readonly string[]
  readonly #log: string
  readonly #env: Readonly<Record<string, string>>
  #child: ChildProcess | undefined

  /** @param log the file for what it prints */
  constructor(command: readonly string[], log: string, env: Readonly<Record<string, string>> = {}) {
    this.#command = command
    this.#log = log
    this.#env = env
  }

  async start(): Promise<void> {
    const log = await open(this.#log, 'a')
    const [program = '', ...args] = this.#command
    const { PATH = '' } = process.env
    this.#child = spawn(program, args, {
      stdio: ['ignore', log.fd, log.fd],
      env: { PATH, ...this.#env },
    })
    await once(this.#child, 'spawn')
    await log.close()
  }

  get hasEnded(): boolean {
    return this.#child?.exitCode != null || this.#child?.signalCode != null
  }

  /** Null: it was killed, or runs. */
  get exitCode(): number | null {
    return this.#child?.exitCode ?? null
  }

  async untilEnd(): Promise<void> {
    if (this.#child && !this.hasEnded) await once(this.#child, 'exit')
  }

  /** What it has printed so far. */
  readLog(): Promise<string> {
    return readFile(this.#log, 'utf8')
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (!child || this.hasEnded) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }
}

/** `pawl serve` on a given database. */
export class PawlServer extends Unit {
  readonly url: string
  readonly #data: string

  constructor(program: string, folder: string, port: number, databaseUrl: string) {
    const data = join(folder, `pawl-${port}`)
    super([process.execPath, program, 'serve'], `${data}.log`, {
      DATABASE_URL: databaseUrl,
      PAWL_DATA: data,
      PAWL_PORT: String(port),
    })
    this.url = `http://127.0.0.1:${port}`
    this.#data = data
  }

  /** The local ADMIN token. */
  async token(): Promise<string> {
    return (await readFile(join(this.#data, 'token'), 'utf8')).trim()
  }

  async untilReady(signal: AbortSignal): Promise<void> {
    for (;;) {
      const answer = await fetch(new URL('/readyz', this.url), { signal }).catch(() => undefined)
      if (answer?.ok) return
      signal.throwIfAborted()
      if (this.hasEnded) throw new Error(`the server at ${this.url} ended`)
      await sleep(POLL_MS)
    }
  }
}
