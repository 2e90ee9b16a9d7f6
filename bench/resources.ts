import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Opened resources, closed at the end in reverse order. */
export class Resources {
  readonly #closers: (() => Promise<unknown>)[] = []
  readonly #interruption = new AbortController()

  /** Aborts at the first Ctrl-C. */
  readonly signal = this.#interruption.signal

  constructor() {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, this.#interrupt)
  }

  /** Adds a function that closes a resource. */
  defer(close: () => Promise<unknown>): void {
    this.#closers.push(close)
  }

  /** Closes everything, even if closing some of it fails. */
  async close(): Promise<void> {
    const failures: unknown[] = []
    for (const close of this.#closers.splice(0).toReversed()) {
      await close().catch((error: unknown) => failures.push(error))
    }
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, this.#interrupt)
    if (failures.length > 0) throw new AggregateError(failures, 'not everything could be closed')
  }

  readonly #interrupt = (): void => this.#interruption.abort(new InterruptedError())
}

/** The measurement was stopped by a signal. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError'

  constructor() {
    super('interrupted')
  }
}

/** Creates a folder that other users can enter, removed at the end. */
export async function makeFolder(resources: Resources): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'pawl-bench-')))
  resources.defer(() => rm(folder, { recursive: true, force: true }))
  await chmod(folder, 0o755)
  return folder
}
