import { setTimeout as sleep } from 'node:timers/promises'
import { findByVariable, listProcesses, signalProcess } from './processTable.ts'
import type { ProcessEntry } from './processTable.ts'

/** When a group that is being stopped is killed. */
export interface StopLimits {
  /** How long it may take to end by itself after SIGTERM, in milliseconds. */
  readonly killAfterMs: number
  /** Asked again and again: whether there is no more time, whatever `killAfterMs` says. */
  readonly mustKill: () => boolean
}

/** What belongs to a group beside the processes in it. */
export interface GroupMarks {
  /** The process in the group that watches over it: the last to go, and no sign of life. */
  readonly guardian?: number
  /** Who carries this as PAWL_EXECUTION_ID belongs to the group, also after leaving it. */
  readonly executionId?: string
  /** As `executionId`, of PAWL_SESSION_ID. */
  readonly sessionId?: string
  /** As `executionId`, of PAWL_WORKSPACE_LOCK. */
  readonly lockId?: string
}

/** How long the kernel may take over a SIGKILL, in milliseconds, before the group counts as not to be killed. */
const MAX_KILL_MS = 10_000

/**
 * A process that began a session, and everything it started: what did not leave the session or the group, and what can be
 * told by its marks.
 */
export class ProcessGroup {
  readonly #id: number | null
  #marks: GroupMarks
  #killAt = Infinity
  readonly #mustKill: (() => boolean)[] = []
  #stopping: Promise<boolean> | undefined

  /** @param id null: of no group, known by the marks alone. */
  constructor(id: number | null, marks: GroupMarks = {}) {
    this.#id = id
    this.#marks = marks
  }

  /** Whether a stop was asked for. */
  get isStopping(): boolean {
    return this.#stopping !== undefined
  }

  /** Tells by what else its processes are known. */
  mark(marks: GroupMarks): void {
    this.#marks = { ...this.#marks, ...marks }
  }

  /** Sends a signal to every process of the group; one that is gone is left alone. */
  signal(name: NodeJS.Signals): void {
    const members = this.#members()
    if (this.#id !== null && members.some(({ group }) => group === this.#id)) signalProcess(-this.#id, name)
    for (const { pid, group } of [...members, ...this.#escaped()])
      if (group !== this.#id) signalProcess(pid, name)
  }

  /** Whether any process of the group can still do something. */
  isAlive(): boolean {
    const { guardian } = this.#marks
    return this.#members().some(({ pid }) => pid !== guardian) || this.#escaped().length > 0
  }

  /**
   * Ends the group: SIGTERM, then SIGKILL at the limits. Asked again, the nearer limit holds. Returns whether the group is
   * proven gone; false where the kernel could not end it.
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
    while (this.isAlive() || this.#members().length > 0) {
      if (performance.now() > givesUpAt) return false
      // Sent again each time: a process may have been forked between two looks.
      this.signal('SIGKILL')
      await sleep(5)
    }
    return true
  }

  #mayWait(): boolean {
    return performance.now() < this.#killAt && !this.#mustKill.some((mustKill) => mustKill())
  }

  #members(): ProcessEntry[] {
    return listProcesses().filter((entry) => this.#isMember(entry))
  }

  #isMember({ group, session, isLiving }: ProcessEntry): boolean {
    return isLiving && (group === this.#id || session === this.#id)
  }

  /** Those that left, known by the variables that all descendants have unless they cleared them. */
  #escaped(): ProcessEntry[] {
    const { executionId, sessionId, lockId } = this.#marks
    return [
      ...(executionId === undefined ? [] : findByVariable('PAWL_EXECUTION_ID', executionId)),
      ...(sessionId === undefined ? [] : findByVariable('PAWL_SESSION_ID', sessionId)),
      ...(lockId === undefined ? [] : findByVariable('PAWL_WORKSPACE_LOCK', lockId)),
    ].filter((entry) => !this.#isMember(entry))
  }
}
