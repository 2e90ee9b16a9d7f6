import { availableParallelism } from 'node:os'
import { type Finding, SchemaThread, type Task, type ThreadLimits } from './schemaThread.ts'

/** Default number of threads: at least two, so that one slow task does not block all others. */
const THREADS = Math.min(4, Math.max(2, availableParallelism()))

/** A waiting task of a lane. */
interface Waiting {
  readonly task: Task
  readonly settle: (finding: Finding) => void
  readonly reject: (error: Error) => void
}

/**
 * Threads that apply JSON Schemas, shared fairly: each lane (a project, for example) has one running task at a time, and lanes take
 * turns. So a lane whose tasks are all slow only delays itself, and occupies one thread.
 */
export class SchemaThreads {
  readonly #idle: SchemaThread[]
  readonly #all: readonly SchemaThread[]
  /** Lanes with waiting tasks, in the order of their turns. */
  readonly #lanes = new Map<string, Waiting[]>()
  readonly #underWay = new Set<string>()

  constructor(limits: Partial<ThreadLimits> = {}, count = THREADS) {
    this.#all = Array.from({ length: count }, () => new SchemaThread(limits))
    this.#idle = [...this.#all]
  }

  /** Executes a task when it is its lane's turn. Rejects if the threads are closed before. */
  apply(lane: string, task: Task): Promise<Finding> {
    return new Promise((settle, reject) => {
      const waiting = this.#lanes.get(lane)
      if (waiting) waiting.push({ task, settle, reject })
      else this.#lanes.set(lane, [{ task, settle, reject }])
      this.#next()
    })
  }

  /** Ends the threads and rejects waiting tasks. */
  async close(): Promise<void> {
    const waiting = [...this.#lanes.values()].flat()
    this.#lanes.clear()
    for (const { reject } of waiting) reject(new Error('the validator was closed'))
    await Promise.all(this.#all.map((thread) => thread.close()))
  }

  #next(): void {
    for (const [lane, waiting] of this.#lanes) {
      const thread = this.#idle.at(-1)
      if (!thread) return
      if (this.#underWay.has(lane)) continue
      const [first, ...others] = waiting
      // its next turn is after all other lanes
      this.#lanes.delete(lane)
      if (others.length > 0) this.#lanes.set(lane, others)
      if (!first) continue
      this.#idle.pop()
      this.#underWay.add(lane)
      void this.#perform(thread, lane, first)
    }
  }

  async #perform(thread: SchemaThread, lane: string, { task, settle, reject }: Waiting): Promise<void> {
    try {
      settle(await thread.apply(task))
    } catch (error) {
      reject(error as Error)
    } finally {
      // the most recently used thread is preferred: its caches are warm
      this.#idle.push(thread)
      this.#underWay.delete(lane)
      this.#next()
    }
  }
}
