import { setTimeout as sleep } from 'node:timers/promises'
import { findCarriers, listProcesses, signalProcess } from './processTable.ts'
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
    const all = listProcesses()
    const found = [...all.filter((entry) => this.#isMember(entry)), ...this.#escaped(all)]
    if (this.#id !== null && found.some(({ group }) => group === this.#id)) signalProcess(-this.#id, name)
    for (const { pid, group } of found) if (group !== this.#id) signalProcess(pid, name)
  }

  /** Whether any process of the group, other than the guardian, is still alive. */
  isAlive(): boolean {
    const { guardian } = this.#marks
    return this.#isSeen(({ pid }) => pid !== guardian)
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
    if (this.isAlive() && this.#mayWait()) {
      this.signal('SIGTERM')
      while (this.isAlive() && this.#mayWait()) await sleep(20)
    }
    const givesUpAt = performance.now() + MAX_KILL_MS
    while (this.#isSeen(() => true)) {
      if (performance.now() > givesUpAt) return false
      // Repeated on each poll: a process may have forked since the last one.
      this.signal('SIGKILL')
      await sleep(5)
    }
    return true
  }

  #mayWait(): boolean {
    return performance.now() < this.#killAt && !this.#mustKill.some((mustKill) => mustKill())
  }

  /**
   * Whether a member of this kind, or a process that left the group, is alive. It takes two looks to say no: a process that
   * starts another and ends, while the list is being read, hides both from the one look, and not from the next.
   */
  #isSeen(isMeant: (member: ProcessEntry) => boolean): boolean {
    return this.#isSeenOnce(isMeant) || this.#isSeenOnce(isMeant)
  }

  #isSeenOnce(isMeant: (member: ProcessEntry) => boolean): boolean {
    const all = listProcesses()
    return all.some((entry) => this.#isMember(entry) && isMeant(entry)) || this.#escaped(all).length > 0
  }

  #isMember({ group, session, isLiving }: ProcessEntry): boolean {
    return isLiving && (group === this.#id || session === this.#id)
  }

  /** Processes that left the group, found by the variables that all descendants have unless they cleared them. */
  #escaped(all: readonly ProcessEntry[]): ProcessEntry[] {
    const { executionId, sessionId, lockId } = this.#marks
    const variables: Variable[] = []
    if (executionId !== undefined) variables.push(['PAWL_EXECUTION_ID', executionId])
    if (sessionId !== undefined) variables.push(['PAWL_SESSION_ID', sessionId])
    if (lockId !== undefined) variables.push(['PAWL_WORKSPACE_LOCK', lockId])
    return findCarriers(
      variables,
      all.filter((entry) => !this.#isMember(entry)),
    )
  }
}
