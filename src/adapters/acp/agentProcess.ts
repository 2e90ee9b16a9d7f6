import { join } from 'node:path'
import { launchGuarded } from '../../processes/launchGuarded.ts'
import type { GuardedChild } from '../../processes/launchGuarded.ts'
import { openInputPipe, openPipe } from '../../processes/openPipe.ts'
import type { InputPipe, Pipe } from '../../processes/openPipe.ts'
import type { StopLimits } from '../../processes/processGroup.ts'
import { AgentError } from '../kit/adapter.ts'
import type { ProcessEnd } from '../kit/adapter.ts'

/** A program that is spoken to over its standard streams. */
export interface AgentProcessOptions {
  readonly command: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly workspace: string
  readonly stateDir: string
  /** Descriptors that it keeps open. */
  readonly keep: readonly number[]
  /** Takes its standard output. */
  readonly onOutput: (bytes: Uint8Array) => void
  /** Takes its standard error. */
  readonly onError: (bytes: Uint8Array) => void
}

/** How the process ended. */
export interface ProcessOver extends ProcessEnd {
  /** Whether all its processes are proven gone. */
  readonly isGone: boolean
}

/** How long what an agent leaves behind may take to end by itself, in milliseconds. */
const LEFTOVERS_TAKE_MS = 2_000

/** One process of an agent, from its gate to the proven end of all it started. It does not outlive this process. */
export class AgentProcess {
  readonly pid: number
  /** Resolves when its processes are gone, or can't be ended, and all its output was taken. */
  readonly over: Promise<ProcessOver>
  readonly #child: GuardedChild
  readonly #input: InputPipe
  #hasEnded = false
  #end: ProcessEnd['end'] = 'EXITED'

  private constructor(child: GuardedChild, input: InputPipe, outputs: readonly Pipe[]) {
    this.pid = child.pid
    this.#child = child
    this.#input = input
    this.over = this.#conclude(outputs)
  }

  /** Launches the command, which stands at its gate then. @throws AgentError */
  static async open(options: AgentProcessOptions): Promise<AgentProcess> {
    const { command, env, workspace: cwd, stateDir, keep, onOutput, onError } = options
    const opened: { close(): void }[] = []
    try {
      const input = await openInputPipe(stateDir)
      opened.push(input)
      const output = await openPipe(stateDir, onOutput)
      opened.push(output)
      const errors = await openPipe(stateDir, onError)
      opened.push(errors)
      const marker = join(stateDir, 'acp.begun')
      const streams = [input.reader, output.writer, errors.writer]
      const child = await launchGuarded(command, { env, cwd, streams, keep, marker })
      input.closeReader()
      output.closeWriter()
      errors.closeWriter()
      return new AgentProcess(child, input, [output, errors])
    } catch (error) {
      for (const pipe of opened) pipe.close()
      throw new AgentError(
        'RECOVERABLE',
        'AGENT_NOT_STARTED',
        `no process could be made for ${command[0] ?? 'the agent'}: ${String(error)}`,
        'See whether the machine is out of processes, memory or disk space.',
        { cause: error },
      )
    }
  }

  /** Whether the process itself still runs. */
  get isRunning(): boolean {
    return !this.#hasEnded
  }

  /** Lets the command begin; false where it was ended at its gate. */
  begin(executionId: string): Promise<boolean> {
    return this.#child.begin(executionId)
  }

  /** Hands it bytes; resolves when the system has taken them. */
  write(bytes: Uint8Array): Promise<void> {
    return this.#input.write(bytes)
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

  async #conclude(outputs: readonly Pipe[]): Promise<ProcessOver> {
    const ending = await this.#child.ended
    this.#hasEnded = true
    this.#input.close()
    // What is left behind would work on in the workspace beside the next process.
    const isGone = await this.#child.group.stop({ killAfterMs: LEFTOVERS_TAKE_MS, mustKill: () => false })
    for (const pipe of outputs) pipe.close()
    return { ...ending, end: this.#end, isGone }
  }
}
