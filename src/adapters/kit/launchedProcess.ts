import type { GuardedChild } from '../../processes/launchGuarded.ts'
import type { StopLimits } from '../../processes/processGroup.ts'
import { AgentError } from './adapter.ts'
import type { ProcessEnd } from './adapter.ts'

/** How a process ended. */
export interface ProcessOver extends ProcessEnd {
  /** Whether all its processes are proven gone. */
  readonly isGone: boolean
}

/** The ends of a process's streams, which are closed with it. */
export interface Streams {
  /** Closed as soon as the process itself has ended. */
  readonly inputs: readonly { close(): void }[]
  /** Read to their end, and closed once all that the process started is gone. */
  readonly outputs: readonly { close(): void }[]
}

/** How long what a process leaves behind may take to end by itself, in milliseconds. */
const LEFTOVERS_TAKE_MS = 2_000

/** A process of an agent, from its gate to the proven end of all it started. It does not outlive this process. */
export class LaunchedProcess {
  readonly pid: number
  /** Resolves when its processes are gone, or can't be ended, and all its output was taken. */
  readonly over: Promise<ProcessOver>
  readonly #child: GuardedChild
  #hasEnded = false
  #end: ProcessEnd['end'] = 'EXITED'

  /** @param child stands at its gate */
  constructor(child: GuardedChild, streams: Streams) {
    this.pid = child.pid
    this.#child = child
    this.over = this.#conclude(streams)
  }

  /** Whether the process itself still runs. */
  get isRunning(): boolean {
    return !this.#hasEnded
  }

  /** Lets the command begin; false where it was ended at its gate. */
  begin(executionId: string): Promise<boolean> {
    return this.#child.begin(executionId)
  }

  /** Ends it before it began. */
  abandon(): Promise<ProcessOver> {
    this.#child.abandon()
    return this.over
  }

  /** Ends it and everything it started. */
  stop(limits: StopLimits, end: ProcessEnd['end']): Promise<ProcessOver> {
    if (!this.#hasEnded && !this.#child.group.isStopping) this.#end = end
    void this.#child.group.stop(limits)
    return this.over
  }

  async #conclude({ inputs, outputs }: Streams): Promise<ProcessOver> {
    const ending = await this.#child.ended
    this.#hasEnded = true
    for (const input of inputs) input.close()
    // What is left behind would work on in the workspace beside the next process.
    const isGone = await this.#child.group.stop({ killAfterMs: LEFTOVERS_TAKE_MS, mustKill: () => false })
    for (const output of outputs) output.close()
    return { ...ending, end: this.#end, isGone }
  }
}

/** No process could be made for a command. */
export function notLaunched(command: readonly string[], cause: unknown): AgentError {
  return new AgentError(
    'RECOVERABLE',
    'AGENT_NOT_STARTED',
    `no process could be made for ${command[0] ?? 'the agent'}: ${String(cause)}`,
    'See whether the machine is out of processes, memory or disk space.',
    { cause },
  )
}
