import { setTimeout as sleep } from 'node:timers/promises'
import { findCarriers, isLiving, listProcesses, signalProcess } from './processTable.ts'
import type { ProcessEntry, Variable } from './processTable.ts'

/** When a group that is being stopped is killed. */
export interface StopLimits {
  /** The time between SIGTERM and SIGKILL, in milliseconds. */
  readonly killAfterMs: number
  /** Polled during the stop: true kills the group at once, regardless of `killAfterMs`. */
  readonly mustKill: () => boolean
}

/** Marks that identify processes of a group besides their membership. */
export interface GroupMarks {
  /** When its first process was started, as the table of processes tells it: none that is older belongs to the group. */
  readonly startedAt?: string
  /** The guardian process in the group: it is the last to end, and does not count as a sign of life. */
  readonly guardian?: number
  /** Processes with this PAWL_EXECUTION_ID belong to the group, even after leaving it. */
  readonly executionId?: string
  /** Like `executionId`, for PAWL_SESSION_ID. */
  readonly sessionId?: string
  /** Like `executionId`, for PAWL_WORKSPACE_LOCK. */
  readonly lockId?: string
}

/** How long the kernel may take to carry out a SIGKILL, in milliseconds, before the stop fails. */
const MAX_KILL_MS = 10_000

/**
 * A session leader and everything it started: the processes that stayed in its session or group, and those
 * identified by its marks.
 */
export class ProcessGroup {
  readonly #id: number | null
  #marks: GroupMarks
  #killAt = Infinity
  readonly #mustKill: (() => boolean)[] = []
  #stopping: Promise<boolean> | undefined

  /** @param id the id of the group; null where it is identified by its marks alone. */
  constructor(id: number | null, marks: GroupMarks = {}) {
    this.#id = id
    this.#marks = marks
  }

  /** Whether a stop was requested. */
  get isStopping(): boolean {
    return this.#stopping !== undefined
  }

  /** Adds marks that identify further processes of the group. */
  mark(marks: GroupMarks): void {
    this.#marks = { ...this.#marks, ...marks }
  }

  /** Sends a signal to every process of the group, ignoring those that have exited. */
  signal(name: NodeJS.Signals): void {
    this.#send(name, this.#findOnce())
  }

  /** Whether any process of the group, other than the guardian, is still alive. */
  isAlive(): boolean {
    return this.#areAtWork(this.#find())
  }

  /**
   * Stops the group: SIGTERM, then SIGKILL at the limits. Where it is called again, the nearer limit applies.
   * Returns whether the group is proven gone; false where the kernel could not end it.
   */
  stop(limits: StopLimits): Promise<boolean> {
    this.#killAt = Math.min(this.#killAt, performance.now() + limits.killAfterMs)
    this.#mustKill.push(limits.mustKill)
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<boolean> {
    let found = this.#find()
    if (this.#areAtWork(found) && this.#mayWait()) {
      this.#send('SIGTERM', found)
      while (this.#areAtWork(found) && this.#mayWait()) {
        await sleep(20)
        found = this.#find()
      }
    }
    const givesUpAt = performance.now() + MAX_KILL_MS
    while (this.#areAtWork(found)) {
      if (performance.now() > givesUpAt) return false
      // Repeated on each poll: a process may have forked since the last one.
      this.#send('SIGKILL', found)
      await sleep(5)
      found = this.#find()
    }
    // The guardian starts nothing, so what was not there beside it is not there after it.
    this.#send('SIGKILL', found)
    while (found.some(isLiving)) {
      if (performance.now() > givesUpAt) return false
      await sleep(1)
    }
    return true
  }

  #mayWait(): boolean {
    return performance.now() < this.#killAt && !this.#mustKill.some((mustKill) => mustKill())
  }

  #send(name: NodeJS.Signals, found: readonly ProcessEntry[]): void {
    if (this.#id !== null && found.some(({ group }) => group === this.#id)) signalProcess(-this.#id, name)
    for (const { pid, group } of found) if (group !== this.#id) signalProcess(pid, name)
  }

  /** Whether others than the guardian are among these. */
  #areAtWork(found: readonly ProcessEntry[]): boolean {
    return found.some(({ pid }) => pid !== this.#marks.guardian)
  }

  /**
   * Returns the living processes of the group. It takes two looks to say that none but the guardian lives: a process that starts
   * another and ends, while the list is being read, hides both from the one look, and not from the next.
   */
  #find(): ProcessEntry[] {
    const found = this.#findOnce()
    return this.#areAtWork(found) ? found : this.#findOnce()
  }

  #findOnce(): ProcessEntry[] {
    const all = listProcesses()
    return [...all.filter((entry) => this.#isMember(entry)), ...this.#findEscaped(all)]
  }

  #isMember({ group, session, isLiving }: ProcessEntry): boolean {
    return isLiving && (group === this.#id || session === this.#id)
  }

  /** Processes that left the group, found by the variables that all descendants have unless they cleared them. */
  #findEscaped(all: readonly ProcessEntry[]): ProcessEntry[] {
    const { executionId, sessionId, lockId, startedAt = '0' } = this.#marks
    const variables: Variable[] = []
    if (executionId !== undefined) variables.push(['PAWL_EXECUTION_ID', executionId])
    if (sessionId !== undefined) variables.push(['PAWL_SESSION_ID', sessionId])
    if (lockId !== undefined) variables.push(['PAWL_WORKSPACE_LOCK', lockId])
    return findCarriers(
      variables,
      all.filter((entry) => !this.#isMember(entry) && Number(entry.startedAt) >= Number(startedAt)),
    )
  }
}
