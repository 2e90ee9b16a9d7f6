import { closeSync, openSync } from 'node:fs'
import { launchGuarded } from '../../processes/launchGuarded.ts'
import { openPipe } from '../../processes/openPipe.ts'
import type { Pipe } from '../../processes/openPipe.ts'
import { LaunchedProcess, notLaunched } from '../kit/launchedProcess.ts'
import type { PipesAhead } from './pipesAhead.ts'

/** A command that is to run for one prompt. */
export interface TurnOptions {
  readonly command: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly workspace: string
  /** With one for its errors where these are taken by themselves. */
  readonly pipes: PipesAhead
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

/** One command, from its gate to the proven end of all it started. */
export class Turn extends LaunchedProcess {
  /** Launches the command, which stands at its gate then. @throws AgentError */
  static async open(options: TurnOptions): Promise<Turn> {
    const { command, env, workspace: cwd, keep, marker, take, takeErrors } = options
    const input = openSync(options.input, 'r')
    try {
      const paths = await options.pipes.take()
      const pipes: Pipe[] = []
      try {
        const output = openPipe(paths.output, take)
        pipes.push(output)
        const errors = takeErrors && paths.errors ? openPipe(paths.errors, takeErrors) : output
        if (errors !== output) pipes.push(errors)
        const streams = [input, output.writer, errors.writer]
        const child = await launchGuarded(command, { env, cwd, streams, keep, marker })
        return new Turn(child, { inputs: [], outputs: pipes })
      } catch (error) {
        for (const pipe of pipes) pipe.close()
        throw error
      } finally {
        for (const pipe of pipes) pipe.closeWriter()
      }
    } catch (error) {
      throw notLaunched(command, error)
    } finally {
      closeSync(input)
    }
  }
}
