import { availableParallelism } from 'node:os'
import { type Finding, SchemaThread, type Task, type ThreadLimits } from './schemaThread.ts'

/** How many threads there are where nobody says otherwise: at least two, so that one that is held up holds up nobody else. */
const THREADS = Math.min(4, Math.max(2, availableParallelism()))

/** What waits in one lane. */
interface Waiting {
  readonly task: Task
  readonly settle: (finding: Finding) => void
  readonly reject: (error: Error) => void
}

/**
 * Threads that apply JSON Schemas, shared fairly: each lane (a project, say) has one request under way at a time, and lanes
 * take turns. So a lane whose every request takes all the time there is waits for itself alone, and for no more than one
 * thread.
 */
export class SchemaThreads {
  readonly #idle: SchemaThread[]
  readonly #all: readonly SchemaThread[]
  /** Lanes with what waits in them, whose turn comes next first. */
  readonly #lanes = new Map<string, Waiting[]>()
  readonly #underWay = new Set<string>()

  constructor(limits: Partial<ThreadLimits> = {}, count = THREADS) {
    this.#all = Array.from({ length: count }, () => new SchemaThread(limits))
    this.#idle = [...this.#all]
  }

  /** Does the task when the turn of its lane comes. Rejects where the threads are closed before it is done. */
  apply(lane: string, task: Task): Promise<Finding> {
    return new Promise((settle, reject) => {
      const waiting = this.#lanes.get(lane)
      if (waiting) waiting.push({ task, settle, reject })
      else this.#lanes.set(lane, [{ task, settle, reject }])
      this.#next()
    })
  }

  /** Ends the threads; what waits is rejected. */
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
      // its next turn comes after everybody else's
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
      // the thread that was busy last is warm: it is taken first
      this.#idle.push(thread)
      this.#underWay.delete(lane)
      this.#next()
    }
  }
}
