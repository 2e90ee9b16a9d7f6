import type { ClientConnection } from '@agentclientprotocol/sdk'
import type { Ending } from '../../processes/launch.ts'
import type { AgentContext } from '../kit/adapter.ts'
import { AgentProcess } from './agentProcess.ts'
import { connectAgent } from './connectAgent.ts'
import type { OnPermission } from './connectAgent.ts'
import type { Initialized } from './messages.ts'
import { MessageStream } from './messageStream.ts'
import type { Cost } from './readUsage.ts'

/** Who is told of what a process says. */
export interface Listener {
  /** Any sign of life. */
  readonly onSign: () => void
  /** An update of a session, not checked yet, in order with all else that it says. */
  readonly onUpdate: (params: unknown) => void
  readonly onPermission: OnPermission
}

/** One process of an agent and the connection to it. */
export class LiveAgent {
  readonly process: AgentProcess
  readonly stream: MessageStream
  readonly connection: ClientConnection
  /** Resolves when the process is over and its end is recorded. */
  concluded: Promise<Ending> = Promise.resolve({ exitCode: null, signal: null })
  initialized: Initialized | null = null
  /** The agent's own session that is open; null while there is none. */
  sessionId: string | null = null
  /** Whether the session is a new one, which has cost nothing yet. */
  isNew = false
  /** What the agent has told of the cost of its session, by an earlier process too; null: not known. */
  cost: Cost | null = null

  private constructor(process: AgentProcess, stream: MessageStream, connection: ClientConnection) {
    this.process = process
    this.stream = stream
    this.connection = connection
  }

  /** Launches the process, which then waits at its gate. @throws AgentError */
  static async launch(
    command: readonly string[],
    env: NodeJS.ProcessEnv,
    { workspace, stateDir, keep, output }: AgentContext,
    { onSign, onUpdate, onPermission }: Listener,
  ): Promise<LiveAgent> {
    const decoder = new TextDecoder()
    // What comes before the stream is there waits in the pipe: nothing is read before this function has returned to the event loop.
    let stream: MessageStream | undefined
    const process = await AgentProcess.open({
      command,
      env,
      workspace,
      stateDir,
      keep,
      onOutput(bytes) {
        onSign()
        stream?.take(bytes)
      },
      // Nothing that it could say arrives any more: it is as if its process had ended, and is ended.
      onMute: () => stream?.end(),
      onError(bytes) {
        onSign()
        output.report({
          kind: 'OUTPUT',
          stream: 'STDERR',
          text: decoder.decode(bytes, { stream: true }),
          isPiece: true,
        })
      },
    })
    stream = new MessageStream({
      write: (bytes) => process.write(bytes),
      onNoise: (text) => output.report({ kind: 'OUTPUT', stream: 'STDOUT', text, isPiece: true }),
      onUpdate,
    })
    return new LiveAgent(process, stream, connectAgent(stream, onPermission))
  }

  /** What the agent is asked over. */
  get agent(): ClientConnection['agent'] {
    return this.connection.agent
  }
}
