import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** When a group that is being stopped is killed. */
export interface StopLimits {
  /** How long it may take to end by itself after SIGTERM, in milliseconds. */
  readonly killAfterMs: number
  /** Asked again and again: whether there is no more time, whatever `killAfterMs` says. */
  readonly mustKill: () => boolean
}

/** How long the kernel may take over a SIGKILL, in milliseconds, before the group counts as not to be killed. */
const KILL_TAKES_MS = 10_000

/** A process and everything it started that did not leave its group. */
export class ProcessGroup {
  readonly #id: number
  #killAt = Infinity
  #stopping: Promise<boolean> | undefined

  constructor(id: number) {
    this.#id = id
  }

  /** Whether a stop was asked for. */
  get isStopping(): boolean {
    return this.#stopping !== undefined
  }

  /** Sends a signal to every process of the group; one that is gone is left alone. */
  signal(name: NodeJS.Signals): void {
    try {
      process.kill(-this.#id, name)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }

  /** Whether any process of the group can still do something. */
  isAlive(): boolean {
    try {
      process.kill(-this.#id, 0)
    } catch (error) {
      return (error as NodeJS.ErrnoException).code !== 'ESRCH'
    }
    // A process that ended and was not yet reaped still receives signals, and does nothing any more.
    return process.platform !== 'linux' || hasLivingMember(this.#id)
  }

  /**
   * Ends the group: SIGTERM, then SIGKILL at the limits. Asked again, the nearer limit holds. Returns whether the group is
   * proven gone; false where the kernel could not end it.
   */
  stop(limits: StopLimits): Promise<boolean> {
    this.#killAt = Math.min(this.#killAt, performance.now() + limits.killAfterMs)
    this.#stopping ??= this.#stop(limits.mustKill)
    return this.#stopping
  }

  async #stop(mustKill: () => boolean): Promise<boolean> {
    if (!this.isAlive()) return true
    if (performance.now() < this.#killAt) this.signal('SIGTERM')
    while (performance.now() < this.#killAt && !mustKill()) {
      await sleep(20)
      if (!this.isAlive()) return true
    }
    const givesUpAt = performance.now() + KILL_TAKES_MS
    while (performance.now() < givesUpAt) {
      // Sent again each time: a process may have been forked between two looks.
      this.signal('SIGKILL')
      if (!this.isAlive()) return true
      await sleep(20)
    }
    return false
  }
}

const ENDED = ['Z', 'X', 'x']

function hasLivingMember(group: number): boolean {
  return readdirSync('/proc').some((name) => {
    if (!/^\d+$/.test(name)) return false
    const [state, , groupOfIt] = readStat(name)
    return groupOfIt === String(group) && !ENDED.includes(state ?? 'X')
  })
}

/** State, parent and group of a process; nothing where it is gone. */
function readStat(pid: string): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The command's name stands in parentheses, and may hold any character itself.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ', 3)
  } catch {
    return []
  }
}
