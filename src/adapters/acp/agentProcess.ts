import { join } from 'node:path'
import { launchGuarded } from '../../processes/launchGuarded.ts'
import type { GuardedChild } from '../../processes/launchGuarded.ts'
import { makePipes, openInputPipe, openPipe } from '../../processes/openPipe.ts'
import type { InputPipe, Pipe } from '../../processes/openPipe.ts'
import { LaunchedProcess, notLaunched } from '../kit/launchedProcess.ts'

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
  /** Called where it has closed its standard output, and so that of all it started, and does not end. */
  readonly onMute: () => void
  /** Takes its standard error. */
  readonly onError: (bytes: Uint8Array) => void
}

/** How long a process may take to end by itself after it has closed its output, in milliseconds. */
const MUTE_TAKES_MS = 2_000

/** A process of an agent that is spoken to over its standard streams. */
export class AgentProcess extends LaunchedProcess {
  readonly #input: InputPipe

  private constructor(child: GuardedChild, input: InputPipe, outputs: readonly Pipe[]) {
    super(child, { inputs: [input], outputs })
    this.#input = input
  }

  /** Launches the command, which then waits at its gate. @throws AgentError */
  static async open(options: AgentProcessOptions): Promise<AgentProcess> {
    const { command, env, workspace: cwd, stateDir, keep, onOutput, onMute, onError } = options
    const opened: { close(): void }[] = []
    try {
      let isMute: (() => void) | undefined
      const paths = await makePipes(stateDir, ['input', 'output', 'errors'])
      const input = openInputPipe(paths.input)
      opened.push(input)
      const output = openPipe(paths.output, onOutput, () => isMute?.())
      opened.push(output)
      const errors = openPipe(paths.errors, onError)
      opened.push(errors)
      const marker = join(stateDir, 'acp.begun')
      const streams = [input.reader, output.writer, errors.writer]
      const child = await launchGuarded(command, { env, cwd, streams, keep, marker })
      input.closeReader()
      output.closeWriter()
      errors.closeWriter()
      const launched = new AgentProcess(child, input, [output, errors])
      isMute = () => {
        const timer = setTimeout(onMute, MUTE_TAKES_MS)
        void launched.over.finally(() => clearTimeout(timer))
      }
      return launched
    } catch (error) {
      for (const pipe of opened) pipe.close()
      throw notLaunched(command, error)
    }
  }

  /** Hands it bytes; resolves when the system has taken them. */
  write(bytes: Uint8Array): Promise<void> {
    return this.#input.write(bytes)
  }
}
