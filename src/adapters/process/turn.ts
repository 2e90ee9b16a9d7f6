import { closeSync, openSync } from 'node:fs'
import { launchGuarded } from '../../processes/launchGuarded.ts'
import type { GuardedChild } from '../../processes/launchGuarded.ts'
import type { Ending } from '../../processes/launch.ts'
import { openPipe } from '../../processes/openPipe.ts'
import type { Pipe } from '../../processes/openPipe.ts'
import type { StopLimits } from '../../processes/processGroup.ts'
import { AgentError } from '../kit/adapter.ts'
import type { ProcessEnd } from '../kit/adapter.ts'

/** A command that is to run for one prompt. */
export interface TurnOptions {
  readonly command: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly workspace: string
  readonly stateDir: string
  /** Descriptors that it keeps open. */
  readonly keep: readonly number[]
  /** The file that is its standard input. */
  readonly input: string
  /** The file that is made just before it begins. */
  readonly marker: string
  /** Takes its output; its errors too, in the order in which they came, where these are not taken by themselves. */
  readonly take: (bytes: Uint8Array) => void
  /** Takes its errors. */
  readonly takeErrors?: ((bytes: Uint8Array) => void) | undefined
}

/** How a turn ended. */
export interface TurnEnd extends ProcessEnd {
  /** Whether all its processes are proven gone. */
  readonly isGone: boolean
}

/** How long what an agent leaves behind may take to end by itself, in milliseconds. */
const LEFTOVERS_TAKE_MS = 2_000

/** One command, from its gate to the proven end of all it started. */
export class Turn {
  readonly pid: number
  /** Resolves when its processes are gone, or can't be ended, and all its output was taken. */
  readonly over: Promise<TurnEnd>
  readonly #child: GuardedChild
  #hasEnded = false
  #end: ProcessEnd['end'] = 'EXITED'

  private constructor(child: GuardedChild, pipes: readonly Pipe[]) {
    this.pid = child.pid
    this.#child = child
    this.over = this.#conclude(pipes)
  }

  /** Launches the command, which stands at its gate then. @throws AgentError */
  static async open(options: TurnOptions): Promise<Turn> {
    const { command, env, workspace: cwd, stateDir, keep, marker, take, takeErrors } = options
    const input = openSync(options.input, 'r')
    try {
      const pipes: Pipe[] = []
      try {
        const output = await openPipe(stateDir, take)
        pipes.push(output)
        const errors = takeErrors ? await openPipe(stateDir, takeErrors) : output
        if (errors !== output) pipes.push(errors)
        const streams = [input, output.writer, errors.writer]
        return new Turn(await launchGuarded(command, { env, cwd, streams, keep, marker }), pipes)
      } catch (error) {
        for (const pipe of pipes) pipe.close()
        throw error
      } finally {
        for (const pipe of pipes) pipe.closeWriter()
      }
    } catch (error) {
      throw new AgentError(
        'RECOVERABLE',
        'AGENT_NOT_STARTED',
        `no process could be made for ${command[0] ?? 'the agent'}: ${String(error)}`,
        'See whether the machine is out of processes, memory or disk space.',
        { cause: error },
      )
    } finally {
      closeSync(input)
    }
  }

  /** Whether its command, or what that started, still runs. */
  get isRunning(): boolean {
    return !this.#hasEnded
  }

  /** Lets the command begin; false where it was ended at its gate. */
  begin(executionId: string): Promise<boolean> {
    return this.#child.begin(executionId)
  }

  /** Ends it before it began. */
  abandon(): Promise<TurnEnd> {
    this.#child.abandon()
    return this.over
  }

  /** Ends it and everything it started. */
  stop(limits: StopLimits, end: ProcessEnd['end']): Promise<TurnEnd> {
    if (!this.#hasEnded && !this.#child.group.isStopping) this.#end = end
    void this.#child.group.stop(limits)
    return this.over
  }

  async #conclude(pipes: readonly Pipe[]): Promise<TurnEnd> {
    const ending: Ending = await this.#child.ended
    this.#hasEnded = true
    // What is left behind would work on in the workspace beside the next turn.
    const isGone = await this.#child.group.stop({ killAfterMs: LEFTOVERS_TAKE_MS, mustKill: () => false })
    for (const pipe of pipes) pipe.close()
    return { ...ending, end: this.#end, isGone }
  }
}
