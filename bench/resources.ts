import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What has to be undone at the end, whatever ends it: the last thing opened is closed first. */
export class Resources {
  readonly #closers: (() => Promise<unknown>)[] = []
  readonly #interruption = new AbortController()

  /** Aborts at the first Ctrl-C; work under way should end soon after. */
  readonly signal = this.#interruption.signal

  constructor() {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, this.#interrupt)
  }

  /** Notes how something that was opened is closed. */
  defer(close: () => Promise<unknown>): void {
    this.#closers.push(close)
  }

  /** Closes everything, also where some of it fails to. */
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

/** The measurement was stopped by a signal; what it had opened is closed all the same. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError'

  constructor() {
    super('interrupted')
  }
}

/** A folder that others can pass through, removed at the end. */
export async function makeFolder(resources: Resources): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'pawl-bench-')))
  resources.defer(() => rm(folder, { recursive: true, force: true }))
  await chmod(folder, 0o755)
  return folder
}
