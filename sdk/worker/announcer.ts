import type { Workers } from '../client/workers.ts'
import type { PawlFault } from '../kit/errors.ts'
import { pause } from '../kit/pause.ts'
import { createKey } from '../request/request.ts'
import type * as t from '../request/types.ts'
import type { WorkerOptions } from './worker.ts'

/** What a worker tells of itself besides which runs it claims. */
export interface WorkerFacts {
  /** The machine it runs on. Default: its owner. */
  readonly host?: string | undefined
  /** What it is, with its version, as `my-bot 1.2.0`. */
  readonly program?: string | undefined
  /** Who works for it, by role. */
  readonly agents?: readonly t.WorkerAgentInput[] | undefined
  /** Why it takes no runs, in words, while `mayTake` says so. */
  readonly problem?: string | undefined
}

type Announced = Exclude<t.WorkerState, 'SILENT'>

/** How often a worker announces itself until a server has said how often, in seconds. */
const REPEAT_SECONDS = 30
/** How long nothing is announced to a server that knows of no announcements, being older than this SDK, in milliseconds: it logs each of them. */
const QUIET_MS = 3_600_000
/** How long an announcement may take, and the last one, in milliseconds. */
const TIMEOUT_MS = 5_000
const FAREWELL_MS = 1_000

/**
 * Tells the server, and so those who look, that a worker is there and whether it takes runs, for as long as it is. It is
 * no part of the work: an announcement that fails is left for the next one.
 */
export class Announcer {
  readonly #workers: Workers
  readonly #options: WorkerOptions
  readonly #instance = createKey()
  #state: Announced = 'READY'
  /** Aborts when something has changed that is to be told at once. */
  #changed = new AbortController()
  #isOver = false
  /** Until when nothing is announced. */
  #quietUntil = 0

  constructor(workers: Workers, options: WorkerOptions) {
    this.#workers = workers
    this.#options = options
  }

  /** Tells at once if this is another state than before. */
  set state(state: Announced) {
    if (state === this.#state) return
    this.#state = state
    this.tell()
  }

  /** Announces the worker at once. */
  tell(): void {
    this.#changed.abort()
  }

  /** Announces the worker until `end` is called. */
  async work(): Promise<void> {
    while (!this.#isOver) {
      this.#changed = new AbortController()
      const { signal } = this.#changed
      const seconds = await this.#announce(TIMEOUT_MS, signal)
      await pause(seconds * 1_000, signal)
    }
  }

  /** Says that the worker has stopped. */
  async end(): Promise<void> {
    this.#isOver = true
    this.state = 'STOPPED'
    await this.#announce(FAREWELL_MS)
  }

  /** Returns when to announce it again, in seconds. */
  async #announce(timeoutMs: number, signal?: AbortSignal): Promise<number> {
    const { owner, workflows, labels, project, concurrency = 1, facts } = this.#options
    if (Date.now() < this.#quietUntil) return REPEAT_SECONDS
    try {
      const { host = owner, program, agents, problem } = facts?.() ?? {}
      const answer = await this.#workers.announce({
        instance: this.#instance,
        name: owner,
        host,
        program,
        state: this.#state,
        problem: this.#state === 'NOT_READY' ? problem : undefined,
        concurrency,
        workflows: workflows && [...workflows],
        labels: labels && [...labels],
        project,
        agents: agents && [...agents],
        signal,
        retry: { attempts: 1, timeoutMs },
      })
      return answer.__typename === 'AnnounceWorkerSuccess' ? answer.repeatInSeconds : REPEAT_SECONDS
    } catch (error) {
      if ((error as PawlFault).code === 'BAD_USER_INPUT') this.#quietUntil = Date.now() + QUIET_MS
      return REPEAT_SECONDS
    }
  }
}
