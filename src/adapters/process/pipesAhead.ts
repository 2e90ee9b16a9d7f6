import { rm } from 'node:fs/promises'
import { makePipes } from '../../processes/openPipe.ts'

/** The named pipes of a command's output, by what it writes to them. */
export type PipePaths = Partial<Record<'output' | 'errors', string>> & { readonly output: string }

/** The pipes of one agent's commands. Those of the next command are made while the one before works, since that starts a program. */
export class PipesAhead {
  readonly #make: () => Promise<PipePaths>
  #next: Promise<PipePaths> | null = null

  /** @param hasErrors whether the command's errors have a pipe of their own */
  constructor(folder: string, hasErrors: boolean) {
    this.#make = () => makePipes<'output' | 'errors'>(folder, hasErrors ? ['output', 'errors'] : ['output'])
  }

  /** Makes the next ones ahead of time. */
  prepare(): void {
    if (this.#next) return
    this.#next = this.#make()
    this.#next.catch(() => undefined)
  }

  /** The next ones. */
  async take(): Promise<PipePaths> {
    const next = this.#next
    this.#next = null
    return (await next?.catch(() => null)) ?? this.#make()
  }

  /** Removes those that nobody took. */
  async close(): Promise<void> {
    const paths = await this.#next?.catch(() => null)
    this.#next = null
    await Promise.all(Object.values(paths ?? {}).map((path) => rm(path, { force: true })))
  }
}
